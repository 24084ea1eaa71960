"""The scripts of the README, word for word, in real GIMP."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from nst_server.pictures.reading import reader
from tests.support import patches
from tests.support.patches import ADOBE, ADOBE_GAMMA, in_space, whole

pytestmark = [pytest.mark.gimp, pytest.mark.engine]

README = Path(__file__).resolve().parents[2] / "README.md"
FOLDER = "/root/scripts of the readme"

PORTRAIT = np.linspace((0.55, 0.75, 0.95), (0.30, 0.32, 0.12), 240)[:, np.newaxis].repeat(160, 1)
"""A blue sky above green grass."""


def block(language: str) -> str:
    """The only script in a language in the README's part on GIMP's scripts."""
    part = README.read_text("utf-8").split("\n## In GIMP's scripts\n")[1]
    found = re.findall(rf"^```{language}\n(.*?)^```$", part, re.M | re.S)
    assert len(found) == 1
    return str(found[0])


@pytest.fixture
def folder(installed_gimp: Any) -> Path:
    """A folder with what the scripts take for granted."""
    outside: Path = installed_gimp.outside(FOLDER)
    shutil.rmtree(outside, ignore_errors=True)
    (outside / "photos").mkdir(parents=True)
    (outside / "painted").mkdir()
    samples = installed_gimp.outside(installed_gimp.home)
    shutil.copyfile(samples / "styles" / "swirls.jpg", outside / "style.jpg")
    for name in ("photo.jpg", "photos/one.jpg", "photos/two.jpg"):
        (outside / name).write_bytes(portrait())
    return outside


def portrait() -> bytes:
    """A photograph as a camera writes it that is held upright and set to Adobe RGB."""
    exif = Image.Exif()
    exif.load(patches.adobe_exif())
    exif.get_ifd(ExifTags.IFD.Exif)
    exif[ExifTags.Base.Orientation] = 6
    lying = Image.fromarray(whole(in_space(PORTRAIT, ADOBE, ADOBE_GAMMA))).transpose(
        Image.Transpose.ROTATE_90
    )
    file = io.BytesIO()
    lying.save(file, "JPEG", exif=exif, quality=97)
    return file.getvalue()


def check(path: Path, colors: bool) -> None:
    """The painting is upright, and has the profile that its numbers are in."""
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (PORTRAIT.shape[1], PORTRAIT.shape[0])
        assert image.info["icc_profile"]
    seen = reader.read(path).samples[..., :3] / 255
    if colors:  # the style may be darker, but not of another hue
        assert np.ptp((seen - PORTRAIT).mean((0, 1))) < 0.02
    height = len(seen) // 4
    assert seen[:height].mean() > seen[-height:].mean() + 0.1, "the sky is above"


def run(installed_gimp: Any, words: list[str]) -> str:
    """Run a command in the folder, as a person would; what it printed."""
    done = installed_gimp.run(
        ["sh", "-c", 'cd "$0" && "$@"', FOLDER, *words],
        env={"GIMP3_DIRECTORY": str(installed_gimp.profile)},
        timeout=600,  # only lest it hang: two paintings on a slow machine take minutes
    )
    assert done.returncode == 0, done.stdout
    return str(done.stdout)


def test_script_fu(installed_gimp: Any, folder: Path) -> None:
    words = ["gimp-console", "-idf", "--batch-interpreter", "plug-in-script-fu-eval"]
    run(installed_gimp, [*words, "-b", block("scheme"), "--quit"])
    check(folder / "painted.png", colors=True)


def test_python_over_a_folder(installed_gimp: Any, folder: Path) -> None:
    (folder / "paint_folder.py").write_text(block("python"), encoding="utf-8")
    run(installed_gimp, ["sh", "-c", block("sh")])
    pictures = sorted((folder / "painted").iterdir())
    assert [path.name for path in pictures] == ["one.png", "two.png"]
    for path in pictures:
        check(path, colors=False)


def test_a_failure_in_a_batch_is_told_and_ends_it(installed_gimp: Any, folder: Path) -> None:
    (folder / "style.jpg").unlink()
    (folder / "paint_folder.py").write_text(block("python"), encoding="utf-8")
    with pytest.raises(AssertionError, match="photos/one"):
        run(installed_gimp, ["sh", "-c", block("sh")])
    assert not list((folder / "painted").iterdir())
