"""Every benchmark once at a tiny size, in real processes: that it measures, not how fast."""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nst_server.bench import registry, tables
from nst_server.bench.benchmark import Benchmark, Figures, Options, Row
from nst_server.command import bench
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError

REPOSITORY = Path(__file__).resolve().parents[2]

KEYS = {
    "step": (
        "mpx_it_per_s",
        "over_convolutions",
        "launches_per_step",
        "host_waits_per_step",
        "programs",
    ),
    "classic": ("time_ratio_to_equal_loss", "loss_reached"),
    "start": ("server_ready_s", "first_iterate_cold_s", "first_preview_warm_s"),
    "transfer": ("mb_per_s", "pipe_over_file"),
    "growth": ("s_per_mpx_it", "peak_mb"),
    "folder": ("over_singly", "held_mb"),
}
"""Names that stay, in the JSON of each benchmark."""


def nst(home: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nst_server", *map(str, words)],
        cwd=REPOSITORY,
        env={**os.environ, "NST_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def numbers(value: Any) -> Iterator[float]:
    """All numbers in a JSON value."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from numbers(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


@pytest.mark.engine
@pytest.mark.parametrize("name", KEYS)
def test_measures(name: str, tmp_path: Path) -> None:
    done = nst(tmp_path, "bench", name, "--quick", "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert run["quick"]
    assert run["machine"]["cores"] >= 1
    assert run["versions"]["tensorflow"]
    for key in KEYS[name]:
        found = list(numbers(run[name][key]))
        assert found and all(0 < number < math.inf for number in found), key
    if name in {"step", "classic", "growth"}:
        assert run[name]["precision"] in {"float32", "bfloat16", "bfloat16 then float32"}
    assert all(map(math.isfinite, numbers(run)))
    for spread in numbers_by_repeats(run[name]):
        assert spread["min"] <= spread["median"] <= spread["max"]
    shown_and_drawn(run, name, tmp_path)


def numbers_by_repeats(value: Any) -> Iterator[dict[str, float]]:
    """All medians with their extremes."""
    if isinstance(value, dict) and "repeats" in value and "median" in value:
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from numbers_by_repeats(inner)


def shown_and_drawn(run: dict[str, Any], name: str, folder: Path) -> None:
    """The same run again as a table and, where there is one, a plot: nothing is measured."""
    earlier, png = folder / "run.json", folder / "plot.png"
    earlier.write_text(json.dumps(run))
    table = nst(folder, "bench", "--from", earlier, "--markdown")
    assert table.returncode == 0, table.stderr
    lines = [line for line in table.stdout.splitlines() if line.startswith("|")]
    assert len(lines) > 2
    assert len({line.count("|") for line in lines}) == 1
    drawn = nst(folder, "bench", "--from", earlier, "--plot", png)
    if name in {"classic", "growth"}:
        assert drawn.returncode == 0, drawn.stderr
        with Image.open(png) as plot:
            colours = plot.convert("RGB").getcolors(1 << 24)
        assert colours is not None and len(colours) > 50
    else:
        assert drawn.returncode == 2
        assert not png.exists()


def test_what_fails_does_not_take_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Options) -> Figures:
        raise NeuralStyleError("server-failed", "The server did not start.")

    works = Benchmark("start", lambda _: {"measured": 7}, lambda found: [Row("All", "well")])
    benchmarks = {"step": replace(works, name="step", measure=fail), "start": works}
    monkeypatch.setattr(registry, "BENCHMARKS", benchmarks)
    monkeypatch.setattr(tables, "BENCHMARKS", benchmarks)
    monkeypatch.setattr(bench, "ABOUT", dict.fromkeys(benchmarks, ""))
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    kept = tmp_path / "run.json"
    with pytest.raises(NeuralStyleError, match="did not start"):
        bench.run(parser.parse_args(["--json", str(kept)]), Home(tmp_path))
    run = json.loads(kept.read_text())
    assert run["start"]["measured"] == 7
    assert "step" not in run
    assert "well" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("speed",), "invalid choice: 'speed'"),
        (("--json", "step"), "nst bench step --json"),
        (("step", "--plot", "plot.png"), "classic and growth"),
        (("--from", "missing.json"), "cannot be read"),
        (("--from", "pyproject.toml"), "does not hold figures"),
        (("step", "--json", "missing/run.json"), "no folder"),
        (("classic", "--content", "missing.png"), "no file missing.png"),
    ],
)
def test_wrong_use_is_a_sentence(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = nst(tmp_path, "bench", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
