"""Animations as people paint them: every frame, or the first where the result is a still."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_server.pictures.animation_file import AnimationFile
from nst_server.pictures.picture_file import PictureFile
from nst_server.pictures.reading import reader
from nst_server.pictures.writing import writer
from tests.support.landscapes import landscape
from tests.support.running import nst

pytestmark = pytest.mark.engine

WIDTH, HEIGHT, SIDE, FRAMES = 80, 64, 16, 3
QUICK = ("--preset", "draft", "--iterations", 3)


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Something moves before a background, in a PNG, which loses nothing."""
    path = tmp_path_factory.mktemp("animation") / "moving.png"
    frames = []
    for number in range(FRAMES):
        picture = landscape(WIDTH, HEIGHT, seed=1)
        picture[20 : 20 + SIDE, 8 + 10 * number : 8 + 10 * number + SIDE] = (1, 0.1, 0.1)
        frames.append(PictureFile(np.rint(picture * 255).astype(np.uint8)))
    animation = AnimationFile(tuple(frames), (40.0, 80.0, 120.0), 0)
    writer.write_animation(path, [frame.samples for frame in frames], animation, "")
    return path


def test_every_frame_is_painted(home: Path, files: Path, moving: Path, tmp_path: Path) -> None:
    output, trace = tmp_path / "painted.png", tmp_path / "trace.jsonl"
    flags = "--style", files / "style.png", "-o", output, "--json", "--trace", trace
    done = nst(home, "stylize", moving, *flags, *QUICK)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    painted, content = reader.read_animation(output), reader.read_animation(moving)
    assert (painted.durations, painted.plays) == (content.durations, content.plays)
    for frame, before in zip(painted.frames, content.frames, strict=True):
        assert np.abs(frame.samples.astype(int) - before.samples).mean() > 5
    below = [frame.samples[48:].astype(int) for frame in painted.frames]
    for one, other in pairwise(below):
        np.testing.assert_array_equal(one, other)
    report = json.loads(done.stdout)
    scales = len({json.loads(line)["scale"] for line in trace.read_text().splitlines()})
    assert report["iterations"] > 3 * scales
    assert json.loads(reader.recipe(output))["settings"]["preset"] == "draft"


def test_a_gif(home: Path, files: Path, moving: Path, tmp_path: Path) -> None:
    output = tmp_path / "painted.gif"
    flags = "--style", files / "style.png", "-o", output, "--iterations", 1, "--preset", "draft"
    done = nst(home, "stylize", moving, *flags)
    assert done.returncode == 0, done.stderr
    assert len(reader.read_animation(output).frames) == FRAMES


def test_a_still_result_is_the_first_frame(
    home: Path, files: Path, moving: Path, tmp_path: Path
) -> None:
    output = tmp_path / "painted.jpg"
    done = nst(home, "stylize", moving, "--style", files / "style.png", "-o", output, *QUICK)
    assert done.returncode == 0, done.stderr
    assert done.stderr == (
        "Only the first of 3 frames is painted; .gif, .webp and .png hold all.\n"
    )
    assert getattr(Image.open(output), "n_frames", 1) == 1


def test_chosen_frames_and_no_others(home: Path, files: Path, moving: Path, tmp_path: Path) -> None:
    output = tmp_path / "painted.png"
    flags = "--style", files / "style.png", "-o", output, "--frames"
    done = nst(home, "stylize", moving, *flags, "2-", *QUICK)
    assert done.returncode == 0, done.stderr
    painted, content = reader.read_animation(output), reader.read_animation(moving)
    assert painted.durations == content.durations[1:]
    square = np.abs(content.frames[1].samples.astype(int) - painted.frames[0].samples)
    other = np.abs(content.frames[0].samples.astype(int) - painted.frames[0].samples)
    assert square.mean() < other.mean(), "the second frame is the first of the result"
    for words, sentence in {
        "4": "There are no frames 4: the picture has 3. Count frames from 1: --frames 1-4.",
        "0-2": "There are no frames 0-2: the picture has 3. Count frames from 1: --frames 1-4.",
        "x": "argument --frames: x names no frames; write 3, 3-8 or 3-.",
    }.items():
        done = nst(home, "stylize", moving, *flags, words, *QUICK)
        assert done.returncode == 2
        assert sentence in done.stderr


def test_a_chosen_frame_as_a_still(home: Path, files: Path, moving: Path, tmp_path: Path) -> None:
    output = tmp_path / "painted.jpg"
    flags = "--style", files / "style.png", "-o", output, "--frames", 3
    done = nst(home, "stylize", moving, *flags, *QUICK)
    assert (done.returncode, done.stderr) == (0, "")
    third = reader.read_animation(moving).frames[2].samples.astype(int)
    first = reader.read_animation(moving).frames[0].samples.astype(int)
    painted = reader.read(output).samples
    assert np.abs(painted - third).mean() < np.abs(painted - first).mean()


def test_a_damaged_frame_is_a_sentence(
    home: Path, files: Path, moving: Path, tmp_path: Path
) -> None:
    damaged, output = tmp_path / "damaged.png", tmp_path / "painted.gif"
    damaged.write_bytes(moving.read_bytes()[:-60])
    done = nst(home, "stylize", damaged, "--style", files / "style.png", "-o", output, *QUICK)
    assert done.returncode == 2
    assert "is damaged: frame 3" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not output.exists()
