"""Judging: each number says what it is meant to say, and moves the right way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from nst_server.pictures.reading import reader
from tests.support.landscapes import landscape
from tests.support.running import nst

if TYPE_CHECKING:
    from nst_server.bench.judge import Judge

NUMBERS = {"style_distance", "content_distance", "noise_ratio", "border_ratio", "seam_ratio"}


@pytest.fixture(scope="module")
def judge() -> Judge:
    from nst_server.bench.judge import Judge

    return Judge(Path("none"), longest=128)


def blurred(values: np.ndarray) -> np.ndarray:
    shifted = [np.roll(values, (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0)]
    return np.asarray(np.mean(shifted, 0), np.float32)


@pytest.mark.engine
def test_grain_is_measured_against_the_style() -> None:
    from nst_server.bench.judge import noise_ratio

    style = landscape(96, 64, seed=1)
    assert noise_ratio(style, [style]) == pytest.approx(1)
    assert noise_ratio(blurred(style), [style]) < 0.5
    half = np.float32(0.5) + (style - np.float32(0.5)) / 2
    assert noise_ratio(half, [style]) == pytest.approx(1 / 4, rel=1e-3)
    assert noise_ratio(style, [style, half]) == pytest.approx(1 / 0.625, rel=1e-3)


@pytest.mark.engine
def test_a_painted_frame_and_an_empty_one_are_seen() -> None:
    from nst_server.bench.judge import border_ratio

    picture = landscape(200, 150)
    assert border_ratio(picture) == pytest.approx(1, abs=0.2)
    framed = picture.copy()
    framed[:2], framed[-2:], framed[:, :2], framed[:, -2:] = 0, 0, 0, 0
    assert border_ratio(framed) > 1.5
    empty = picture.copy()
    empty[:5], empty[-5:], empty[:, :5], empty[:, -5:] = 0.5, 0.5, 0.5, 0.5
    assert border_ratio(empty) < 0.8


@pytest.mark.engine
def test_what_tiles_has_no_seam() -> None:
    from nst_server.bench.judge import seam_ratio

    y, x = np.mgrid[0:64, 0:96] * 2 * np.pi
    wave = 0.5 + 0.2 * np.sin(x / 96 + 1) + 0.2 * np.sin(2 * y / 64)
    tiling = np.repeat(wave[..., np.newaxis], 3, 2).astype(np.float32)
    assert seam_ratio(tiling) < 2
    assert seam_ratio(np.roll(tiling, (7, 11), (0, 1))) < 2
    assert seam_ratio(tiling[:50, :70]) > 5


@pytest.mark.engine
@pytest.mark.parametrize("name", ["noise_ratio", "border_ratio", "seam_ratio"])
def test_a_plain_picture_has_a_number_too(name: str) -> None:
    from nst_server.bench import judge

    plain = np.full((20, 30, 3), 0.5, np.float32)
    more = ([plain],) if name == "noise_ratio" else ()
    assert getattr(judge, name)(plain, *more) == pytest.approx(1)


@pytest.mark.engine
def test_nearer_to_the_style_and_to_the_content(judge: Judge) -> None:
    from nst_server.engine.canvas.picture import Picture

    content, style = Picture(landscape(128, 96)), Picture(blurred(landscape(128, 96, seed=5)))
    between = Picture(np.asarray((content.rgb + style.rgb) / 2, np.float32))
    of_content, of_style, of_both = (
        judge.judge(content, [style], result) for result in (content, style, between)
    )
    assert of_content.content_distance == pytest.approx(0, abs=1e-5)
    assert of_style.gram_distance == pytest.approx(0, abs=1e-3)
    assert of_style.wasserstein_distance < 0.05
    assert of_style.style_distance < of_both.style_distance < of_content.style_distance
    assert of_content.content_distance < of_both.content_distance < of_style.content_distance


@pytest.mark.engine
def test_what_is_transparent_is_not_judged(judge: Judge) -> None:
    from nst_server.engine.canvas.picture import Picture

    style = landscape(128, 96, seed=3)
    content = Picture(landscape(128, 96))
    alpha = np.ones((96, 128), np.float32)
    alpha[:, :32] = 0
    spoilt = style.copy()
    spoilt[:, :32] = (1, 0, 1)
    whole = judge.judge(content, [Picture(style)], Picture(spoilt))
    opaque = judge.judge(content, [Picture(style)], Picture(spoilt, alpha))
    assert opaque.style_distance < whole.style_distance / 2


@pytest.mark.engine
def test_the_command_tells_all_of_it(tmp_path: Path) -> None:
    for name, seed in (("content", 1), ("style", 2)):
        values = np.rint(255 * landscape(80, 60, seed=seed)).astype(np.uint8)
        Image.fromarray(values).save(tmp_path / f"{name}.png")
    content, style, sheet = (tmp_path / f"{name}.png" for name in ("content", "style", "sheet"))
    words = ["bench", "quality", content, "--style", style, content, style]
    done = nst(tmp_path / "home", *words, "--json", "--sheet", sheet)
    assert (done.returncode, done.stderr) == (0, "")
    results = json.loads(done.stdout)["results"]
    assert [result["file"] for result in results] == [str(content), str(style)]
    for result in results:
        assert set(result) >= NUMBERS
        assert all(0 <= result[name] < 100 for name in NUMBERS)
    assert results[0]["content_distance"] < results[1]["content_distance"]
    assert results[1]["style_distance"] < results[0]["style_distance"]
    assert reader.read(sheet).shape.width > 4 * 80


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nowhere.png", "--style", "dot.png", "dot.png"), "no file nowhere.png"),
        (("dot.png", "--style", "dot.png", "dot.png"), "too small to be judged"),
        (("dot.png", "--style", "dot.png", "dot.png", "--sheet", "x/y.png"), "no folder"),
    ],
)
def test_wrong_use_is_a_sentence(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    named = [tmp_path / word if word == "dot.png" else word for word in words]
    done = nst(tmp_path / "home", "bench", "quality", *named)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
