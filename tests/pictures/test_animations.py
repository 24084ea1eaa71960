"""Animations in and out: frames as they are seen, times, repeats, and damage in words."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_server.pictures.animation_file import AnimationFile
from nst_server.pictures.picture_file import PictureFile
from nst_server.pictures.reading import reader
from nst_server.pictures.writing import formats, writer
from nst_server.values.errors import NeuralStyleError
from tests.support.landscapes import landscape

WIDTH, HEIGHT = 48, 32
DURATIONS = (40.0, 80.0, 120.0, 200.0)
KINDS = ("gif", "webp", "png")


def frames(alpha: bool = False) -> tuple[PictureFile, ...]:
    """A square goes from left to right before a slope of colors."""
    pictures = []
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.uint8)
    for number in range(len(DURATIONS)):
        samples = np.dstack([4 * columns, 6 * rows, 100 + columns])
        samples[8:16, 8 * number : 8 * number + 8] = (255, 0, 0)
        if alpha:
            opacity = np.where(np.arange(WIDTH) < 30 + 4 * number, 255, 0).astype(np.uint8)
            samples = np.dstack([samples, np.tile(opacity, (HEIGHT, 1))])
        pictures.append(PictureFile(samples))
    return tuple(pictures)


def written(path: Path, animation: AnimationFile) -> AnimationFile:
    writer.write_animation(path, [frame.samples for frame in animation.frames], animation, "")
    return reader.read_animation(path)


@pytest.mark.parametrize("plays", [0, 1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_times_and_repeats_stay(tmp_path: Path, kind: str, plays: int) -> None:
    before = AnimationFile(frames(), DURATIONS, plays)
    after = written(tmp_path / f"a.{kind}", before)
    assert (after.durations, after.plays) == (DURATIONS, plays)
    for old, new in zip(before.frames, after.frames, strict=True):
        apart = np.abs(old.samples.astype(int) - new.samples.astype(int))
        assert apart.mean() < {"gif": 6, "webp": 6, "png": 0.001}[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_transparent_parts_move_too(tmp_path: Path, kind: str) -> None:
    before = AnimationFile(frames(alpha=True), DURATIONS, 0)
    after = written(tmp_path / f"a.{kind}", before)
    for old, new in zip(before.frames, after.frames, strict=True):
        np.testing.assert_array_equal(new.samples[..., 3], old.samples[..., 3])


def test_what_is_still_is_still_in_a_gif(tmp_path: Path) -> None:
    """Neither colors nor dots of one frame depend on what moves in another."""
    after = written(tmp_path / "a.gif", AnimationFile(frames(), DURATIONS, 0))
    below = [frame.samples[16:] for frame in after.frames]
    for one, next_one in pairwise(below):
        np.testing.assert_array_equal(one, next_one)


@pytest.mark.parametrize("kind", KINDS)
def test_the_recipe_and_the_first_frame(tmp_path: Path, kind: str) -> None:
    """Who reads one picture of it gets the first; its recipe is there, but in a GIF."""
    animation, path = AnimationFile(frames(), DURATIONS, 0), tmp_path / f"a.{kind}"
    samples = [frame.samples for frame in animation.frames]
    assert writer.write_animation(path, samples, animation, "how it was made") == ()
    first = reader.read_animation(path).frames[0].samples
    np.testing.assert_array_equal(reader.read(path).samples, first)
    if kind != "gif":
        assert reader.recipe(path) == "how it was made"


def test_a_still_picture_is_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    Image.new("RGB", (8, 6), "red").save(path)
    (frame,) = reader.read_animation(path).frames
    np.testing.assert_array_equal(frame.samples, reader.read(path).samples)


def test_a_picture_for_who_shows_no_animation_is_no_frame(tmp_path: Path) -> None:
    images = [Image.new("RGB", (8, 6), color) for color in ("black", "red", "lime")]
    path = tmp_path / "a.png"
    images[0].save(path, save_all=True, default_image=True, append_images=images[1:], duration=40)
    read = reader.read_animation(path)
    assert [tuple(frame.samples[0, 0]) for frame in read.frames] == [(255, 0, 0), (0, 255, 0)]
    assert tuple(reader.read(path).samples[0, 0]) == (0, 0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_damage_in_the_middle_is_a_sentence(tmp_path: Path, kind: str) -> None:
    """It names the frame, but in WebP, of which libwebp reads all or nothing."""
    path = tmp_path / f"a.{kind}"
    noisy = [np.rint(255 * landscape(WIDTH, HEIGHT, seed)).astype(np.uint8) for seed in range(4)]
    written(path, AnimationFile(tuple(map(PictureFile, noisy)), DURATIONS, 0))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    where = "" if kind == "webp" else "frame [234]"
    with pytest.raises(NeuralStyleError, match=f"is damaged: .*{where}") as caught:
        reader.read_animation(path)
    assert caught.value.code == "bad-image"


def test_frames_of_other_sizes_are_a_sentence(tmp_path: Path) -> None:
    """A GIF's frame may lie beyond its screen, which Pillow then makes larger."""
    path, larger = tmp_path / "a.gif", tmp_path / "larger.gif"
    images = [Image.new("RGB", (8, 8), color) for color in ("red", "lime")]
    images[0].save(path, save_all=True, append_images=images[1:], duration=40)
    Image.new("RGB", (12, 8), "blue").save(larger)
    block = larger.read_bytes()[larger.read_bytes().index(b",\0\0\0\0") :]
    path.write_bytes(path.read_bytes()[:-1] + block)
    with pytest.raises(NeuralStyleError, match="frames of several sizes: number 3"):
        reader.read_animation(path)


def test_which_formats_hold_several() -> None:
    assert {kind for kind in ("gif", "webp", "png", "jpg", "tif", "avif", "bmp")
            if formats.format_of(Path(f"a.{kind}")).frames} == set(KINDS)  # fmt: skip
