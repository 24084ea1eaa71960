"""Comparing builds: a build equals itself, and what differs is seen in the ratios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_server.bench import build_comparison, pairs
from nst_server.pictures.reading import reader
from tests.support.landscapes import landscape
from tests.support.running import nst

REPOSITORY = Path(__file__).resolve().parents[2]


def folder_of(folder: Path, **seeds: int) -> Path:
    folder.mkdir()
    for name, seed in seeds.items():
        values = np.rint(255 * landscape(80, 60, seed=seed)).astype(np.uint8)
        Image.fromarray(values).save(folder / f"{name}.png")
    return folder


@pytest.mark.engine
def test_a_build_equals_itself_but_for_its_options(tmp_path: Path) -> None:
    photographs = folder_of(tmp_path / "photographs", lake=1, hill=2)
    styles = folder_of(tmp_path / "styles", oil=3)
    kept, sheet, file = tmp_path / "kept", tmp_path / "sheet.jpg", tmp_path / "figures.json"
    words = ["--photographs", photographs, "--styles", styles, "--size", 64, "--keep", kept]
    words += ["--both=--preset draft --iterations 2", "--json", file, "--sheet", sheet]
    done = nst(tmp_path / "home", "bench", "compare", REPOSITORY, *words)
    assert done.returncode == 0, done.stderr
    figures = json.loads(file.read_text())
    assert [pair["name"] for pair in figures["pairs"]] == ["hill-oil", "lake-oil"]
    for name in ("work", "style_distance", "content_distance", "noise_ratio", "border_ratio"):
        assert figures["ratios"][name]["min"] == figures["ratios"][name]["max"] == 1
    assert figures["no_worse"] == {"style_distance": 2, "content_distance": 2}
    for pair in ("hill-oil", "lake-oil"):
        other, this = (
            np.asarray(Image.open(kept / f"{pair}-{side}.png")) for side in build_comparison.SIDES
        )
        assert np.array_equal(other, this)
    assert all(pair["this"]["seconds"] > 0 for pair in figures["pairs"])
    if Path("/proc").is_dir():
        assert all(pair["other"]["cpu_s"] > 0 for pair in figures["pairs"])
        assert figures["peak_mb"]["this"] > 100
    assert reader.read(sheet).shape.width > 4 * 64
    assert f"{figures['ratios']['seconds']['median']:.3f}" in done.stdout
    what_differs_is_seen(figures)


def what_differs_is_seen(figures: dict[str, Any]) -> None:
    """The same paintings, as if this build had taken half the time for one that is worse."""
    for pair in figures["pairs"]:
        pair["this"]["seconds"] = pair["other"]["seconds"] / 2
    figures["pairs"][0]["this"]["style_distance"] *= 3
    figures["pairs"][0]["this"]["peak_mb"], figures["pairs"][1]["this"]["peak_mb"] = 4e6, 3e6
    figures.update(build_comparison.summarized(figures["pairs"]))
    table = {row.what: row for row in build_comparison.rows(figures)}
    assert table["Wall time, worker warm"].value == "0.500"
    if Path("/proc").is_dir():
        assert table["Peak memory of the worker"].spread.endswith("→ 4000000 MB")
    assert table["Style distance"].spread == "1.000 – 3.000, 2×"
    assert table["Style distance no worse; ratio of means"].value.startswith("1 of 2")


def test_every_photograph_gets_two_styles(tmp_path: Path) -> None:
    photographs = folder_of(tmp_path / "photographs", a=1, b=2, c=3)
    styles = folder_of(tmp_path / "styles", x=4, y=5, z=6)
    made = pairs.pairs(tmp_path / "scaled", 40, photographs, styles)
    assert [pair.name for pair in made] == ["a-x", "a-z", "b-y", "b-x", "c-z", "c-y"]
    assert all(Image.open(pair.content).size == (40, 30) for pair in made)
    few = pairs.pairs(tmp_path / "few", 40, photographs, folder_of(tmp_path / "two", x=4, y=5))
    assert [pair.name for pair in few] == ["a-x", "a-y", "b-y", "b-x", "c-x", "c-y"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("no-such-revision",), "neither a folder of this project nor one of its revisions"),
        ((".", "--sheet", "x/y.jpg"), "no folder"),
        ((".", "--photographs", "nowhere"), "no JPEG or PNG files in nowhere"),
    ],
)
def test_wrong_use_is_a_sentence(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    named = [REPOSITORY if word == "." else word for word in words]
    done = nst(tmp_path / "home", "bench", "compare", *named)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
