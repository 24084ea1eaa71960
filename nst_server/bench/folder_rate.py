"""``folder``: many photographs painted by one process, against a process for each."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from nst_server.bench import inputs
from nst_server.bench.benchmark import Benchmark, Figures, Options, Row, spread_in_words, summary
from nst_server.bench.child import interpreter
from nst_server.bench.servers import started, temporary_home
from nst_server.client.launcher import server_environment
from nst_server.host.home import Home
from nst_server.host.memory import resident_memory
from nst_server.values.errors import NeuralStyleError

_SETTLED = 8
"""Number of the photograph from which memory should grow no more."""


def _measure(options: Options) -> Figures:
    count, side, repeats = (2, 64, 1) if options.quick else (24, 256, 2)
    together: list[float] = []
    singly: list[float] = []
    with temporary_home(options.home) as home, tempfile.TemporaryDirectory() as folder:
        photos = _photographs(Path(folder), options, count, side)
        style = _saved(Path(folder) / "style.png", _style(options, side))
        client, _ = started(home)
        with closing(client):
            _run(home, [photos[0], "-o", style.with_name("warm.png"), "--style", style])
            status = client.status()
            held: dict[str, list[float]] = {}
            for number in range(repeats):
                options.say(f"folder: {count} photographs, {number + 1} of {repeats}")
                into = Path(folder) / f"painted {number}"
                begun = time.perf_counter()
                held = _paint_together(
                    home,
                    [photos[0].parent, "-o", into, "--style", style],
                    {"server": status["pid"], "worker": status["worker"]["pid"]},
                )
                together.append(60 * count / (time.perf_counter() - begun))
                begun = time.perf_counter()
                for photo in photos:
                    _run(home, [photo, "-o", style.with_name("single.png"), "--style", style])
                singly.append(60 * count / (time.perf_counter() - begun))
    settled = min(_SETTLED, count) - 1
    figures = summary({"per_minute": together, "singly_per_minute": singly})
    return {
        **figures,
        "count": count,
        "side": side,
        "over_singly": figures["per_minute"] / figures["singly_per_minute"],
        "held_mb": {name: [held[name][settled], held[name][-1]] for name in held},
    }


def _photographs(folder: Path, options: Options, count: int, side: int) -> list[Path]:
    """Save photographs that differ, in a folder of their own."""
    content = inputs.content(options.content, side)
    photos = folder / "photos"
    photos.mkdir()
    return [
        _saved(photos / f"{number:02}.jpg", np.roll(content, number * 7, axis=1))
        for number in range(count)
    ]


def _style(options: Options, side: int) -> inputs.Array:
    """The style that was given, or the content upside down: it costs no less."""
    if options.style is not None:
        return inputs.style(options.style, side)
    return inputs.content(options.content, side)[::-1]


def _saved(path: Path, picture: inputs.Array) -> Path:
    Image.fromarray(np.rint(255 * picture).astype(np.uint8)).save(path, quality=95)
    return path


def _command(words: Sequence[str | Path]) -> list[str]:
    return [*interpreter(), "-m", "nst_server", "stylize", *map(str, words), "--preset", "draft"]


def _run(home: Home, words: Sequence[str | Path]) -> None:
    done = subprocess.run(_command(words), env=server_environment(home, os.environ))
    if done.returncode != 0:
        raise NeuralStyleError("internal", f"nst stylize ended with code {done.returncode}.")


def _paint_together(
    home: Home, words: Sequence[str | Path], others: dict[str, int]
) -> dict[str, list[float]]:
    """Paint a folder; return the megabytes that each process held after each photograph (Linux)."""
    held: dict[str, list[float]] = {}
    with subprocess.Popen(
        [*_command(words), "--json"],
        env=server_environment(home, os.environ),
        stdout=subprocess.PIPE,
    ) as painting:
        assert painting.stdout is not None
        for _ in painting.stdout:
            for name, pid in {"command": painting.pid, **others}.items():
                memory = resident_memory(pid)
                if memory is not None:
                    held.setdefault(name, []).append(memory / 1e6)
    if painting.returncode != 0:
        raise NeuralStyleError("internal", f"nst stylize ended with code {painting.returncode}.")
    return held


def _rows(figures: Figures) -> list[Row]:
    what = f"{figures['count']} photographs at {figures['side']} px, draft"
    rows = [
        Row(
            f"{what}, {how}",
            f"{figures[name]:.1f} a minute",
            spread_in_words(figures, name, "", 1),
        )
        for name, how in (("per_minute", "one process"), ("singly_per_minute", "one each"))
    ]
    rows.append(Row("One process ÷ one each", f"{figures['over_singly']:.2f}", "", "≥ 1.3"))
    if figures["held_mb"]:
        settled = min(_SETTLED, figures["count"])
        levels = [f"{name} {a:.0f} → {b:.0f}" for name, (a, b) in figures["held_mb"].items()]
        what = f"Memory after photograph {settled} → {figures['count']}, in MB"
        rows.append(Row(what, ", ".join(levels), "", "level"))
    return rows


BENCHMARK = Benchmark("folder", _measure, _rows)
