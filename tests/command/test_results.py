"""Results that say how they were made: repeated, taken again, gone on from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from nst_server.pictures.reading import reader
from nst_server.values.recipe import Recipe
from tests.support.running import QUICK, nst

pytestmark = pytest.mark.engine


def paint(home: Path, files: Path, output: str, *flags: object) -> Path:
    """A result, with quick settings unless it is made from another."""
    earlier = any(flag in ("--from-result", "--resume") for flag in flags)
    content = () if "--texture" in flags else (files / "content.png",)
    arguments = [*content, "--style", files / "style.png", "-o", files / output]
    done = nst(home, "stylize", *arguments, *(() if earlier else QUICK), *flags)
    assert done.returncode == 0, done.stderr
    return files / output


def worked(made: Recipe) -> tuple[int, int]:
    assert made.made is not None
    return made.made.worked_width, made.made.worked_height


def recipe(path: Path) -> Recipe:
    return Recipe.from_text(reader.recipe(path))


def pixels(path: Path) -> np.ndarray:
    return np.asarray(reader.read(path).samples).astype(int)


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_every_format_says_how_it_was_made(home: Path, files: Path, ending: str) -> None:
    path = paint(home, files, f"said.{ending}", "--strength", 40, "--weight", 2)
    made = recipe(path)
    assert (made.settings.strength, made.settings.preset) == (40, "draft")
    assert [(style.name, style.weight) for style in made.styles] == [("style.png", 2.0)]
    assert made.made is not None
    assert made.made.backbone == "vgg16"
    assert worked(made) == (96, 72)
    assert dict(made.versions)["tensorflow"].startswith("2.")
    assert str(files) not in reader.recipe(path), "folders are nobody's business"


def test_the_same_gives_the_same_bytes_and_another_seed_does_not(home: Path, files: Path) -> None:
    noise = ("--init", "noise")
    first = paint(home, files, "first.png", *noise).read_bytes()
    assert paint(home, files, "second.png", *noise).read_bytes() == first
    assert paint(home, files, "third.png", *noise, "--seed", 1).read_bytes() != first


def test_a_result_is_made_again_and_flags_win(home: Path, files: Path) -> None:
    first = paint(home, files, "a.png", "--strength", 80, "--smoothness", 10)
    again = paint(home, files, "b.png", "--from-result", first)
    np.testing.assert_array_equal(pixels(again), pixels(first))
    other = paint(home, files, "c.png", "--from-result", first, "--smoothness", 0)
    assert (recipe(other).settings.strength, recipe(other).settings.smoothness) == (80, 0)
    fine = paint(home, files, "d.png", "--from-result", first, "--preset", "fine", "--size", 64,
                 "--iterations", 1)  # fmt: skip
    settings = recipe(fine).settings
    assert (settings.preset, settings.time_limit, settings.strength) == ("fine", 600, 80)


def test_an_automatic_size_is_made_again_as_it_was(home: Path, files: Path) -> None:
    first = paint(home, files, "auto.png", "--size", "auto")
    made = recipe(first)
    assert made.settings.size == "auto"
    assert made.again().size == max(worked(made))
    assert made.again().backbone == "vgg16"
    assert made.made is not None
    larger = replace(made, made=replace(made.made, worked_width=16385))
    assert larger.again().size == "full"


def test_going_on_starts_where_it_ended(home: Path, files: Path) -> None:
    first = paint(home, files, "short.png", "--init", "noise", "--size", "full")
    onwards = paint(home, files, "on.png", "--resume", first)
    anew = paint(home, files, "anew.png", "--from-result", first, "--seed", 5)
    assert recipe(onwards).settings.init == "picture"
    moved, otherwise = (np.abs(pixels(path) - pixels(first)).mean() for path in (onwards, anew))
    assert 0 < moved < otherwise / 2


def test_going_on_at_a_larger_size(home: Path, files: Path) -> None:
    first = paint(home, files, "small.png")
    larger = recipe(paint(home, files, "large.png", "--resume", first, "--size", 160))
    assert worked(larger) == (160, 120)
    assert larger.settings.coarsest == 96


def test_starting_from_a_picture(home: Path, files: Path) -> None:
    Image.new("RGB", (50, 50), (250, 10, 10)).save(files / "red.png")
    from_red = pixels(paint(home, files, "red-out.png", "--init", files / "red.png"))
    from_content = pixels(paint(home, files, "content-out.png"))
    assert from_red[..., 0].mean() > from_content[..., 0].mean() + 50


def test_what_was_started_from_a_picture_needs_it_again(home: Path, files: Path) -> None:
    Image.new("RGB", (50, 50), (250, 10, 10)).save(files / "red.png")
    first = paint(home, files, "red-out.png", "--init", files / "red.png")
    arguments = [files / "content.png", "--style", files / "style.png", "-o", files / "x.png"]
    done = nst(home, "stylize", *arguments, "--from-result", first)
    assert (done.returncode, "with --init" in done.stderr) == (2, True)
    done = nst(home, "stylize", *arguments, "--resume", first, "--init", "noise")
    assert (done.returncode, "Leave out one" in done.stderr) == (2, True)
    done = nst(home, "stylize", *arguments, "--from-result", files / "content.png")
    assert (done.returncode, "does not say how" in done.stderr) == (2, True)


def test_a_texture_has_a_size_of_its_own_and_tiles(home: Path, files: Path) -> None:
    path = paint(home, files, "texture.png", "--texture", "128x96", "--size", "full")
    made = recipe(path).settings
    assert (made.init, made.content_weight, made.seamless) == ("noise", 0, True)
    assert Image.open(path).size == (128, 96)
    plain = paint(home, files, "plain.png", "--texture", "128x96", "--no-seamless")
    assert not recipe(plain).settings.seamless
    again = paint(home, files, "again.png", "--texture", "128x96", "--from-result", plain)
    np.testing.assert_array_equal(pixels(again), pixels(plain))
    assert pixels(path).std() > 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--style", "style.png"), "nothing to paint"),
        (("content.png",), "No style is named"),
        (("content.png", "--style", "style.png", "--texture", "64x64"), "no content"),
        (("--style", "style.png", "--texture", "64"), "1024x1024"),
        (("--style", "style.png", "--texture", "0x64"), "1024x1024"),
        (("--style", "style.png", "--texture", "60000x60000"), "too large"),
        (("--style", "style.png", "--texture", "64x64", "--colors", "match"), "--colors"),
    ],
)
def test_what_is_missing_or_too_much_gets_a_sentence(
    home: Path, files: Path, arguments: tuple[str, ...], words: str
) -> None:
    named = [files / word if word.endswith(".png") else word for word in arguments]
    done = nst(home, "stylize", *named, "-o", files / "x.png")
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_a_ramp_of_sixteen_bits_stays_one(home: Path, files: Path, ending: str) -> None:
    ramp = np.linspace(0, 65535, 100 * 60).round().astype(np.uint16).reshape(60, 100, 1)
    tifffile.imwrite(files / "ramp.tif", np.repeat(ramp, 3, 2), photometric="rgb")
    arguments = [files / "ramp.tif", "--style", files / "style.png", "--strength", 0]
    done = nst(home, "stylize", *arguments, "-o", files / f"ramp-out.{ending}")
    assert done.returncode == 0, done.stderr
    kept = reader.read(files / f"ramp-out.{ending}").samples
    assert len(np.unique(kept)) > 4000
    np.testing.assert_array_equal(kept[..., :1], ramp)


def test_sixteen_bits_are_painted_in(home: Path, files: Path) -> None:
    values = np.asarray(Image.open(files / "content.png")).astype(np.uint16) * 257
    tifffile.imwrite(files / "deep.tif", values, photometric="rgb")
    arguments = [files / "deep.tif", "--style", files / "style.png", *QUICK]
    done = nst(home, "stylize", *arguments, "-o", files / "deep-out.png")
    assert done.returncode == 0, done.stderr
    assert len(np.unique(reader.read(files / "deep-out.png").samples)) > 4000


def test_a_sheet_beside_the_result(home: Path, files: Path) -> None:
    paint(home, files, "shown.png", "--sheet", files / "sheet.png")
    width, height = Image.open(files / "sheet.png").size
    assert width > 2.9 * 160
    assert height > 128


def test_the_recipe_survives_its_text(home: Path, files: Path) -> None:
    made = recipe(paint(home, files, "text.png"))
    assert Recipe.from_text(made.to_text()) == made
    assert json.loads(made.to_text())["settings"]["size"] == 96


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_ends_the_trace_and_not_the_painting(home: Path, files: Path) -> None:
    assert paint(home, files, "traced.png", "--trace", "/dev/full").is_file()
