"""``nst styles``: a draft of each style, in the order of palettes, on one sheet."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_server.command.styles_sheet import _by_palette, _read, _small
from tests.support.running import nst

pytestmark = pytest.mark.engine


@pytest.fixture
def styles(tmp_path: Path) -> Path:
    """A blue style, an orange one, one that is broken, and no picture."""
    folder = tmp_path / "some styles"
    folder.mkdir()
    for name, color in (("a orange", (240, 150, 40)), ("b blue", (40, 90, 200))):
        noise = np.random.default_rng(1).integers(-40, 40, (64, 64, 3))
        values = np.clip(noise + color, 0, 255).astype(np.uint8)
        Image.fromarray(values).save(folder / f"{name}.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_sheet_has_every_style_and_names_what_is_broken(
    home: Path, files: Path, styles: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    done = nst(home, "styles", files / "content.png", styles, files / "style.png", "-o", sheet)
    assert done.returncode == 2
    broken = styles / "broken.jpg"
    assert done.stderr.startswith(f"nst: {broken} is not a picture that can be read.")
    assert len(done.stderr.splitlines()) == 1
    with Image.open(sheet) as image:
        panels = np.asarray(image)
    width = panels.shape[1] // 4  # photograph and three drafts, in one row
    colors = [panels[20:120, width * at + 60 : width * at + 180].mean((0, 1)) for at in range(4)]
    assert panels.shape[0] < 200
    blues = [color[2] - color[0] for color in colors[1:]]
    assert max(blues) > 30 > -30 > min(blues)


def test_palettes_like_the_photograph_come_first(styles: Path) -> None:
    Image.new("RGB", (32, 32), (30, 60, 180)).save(styles / "photo.bmp")
    failures: list[object] = []
    read = _read([styles / "a orange.png", styles / "b blue.png"], failures)  # type: ignore[arg-type]
    first, second = _by_palette(read, _small(styles / "photo.bmp"))
    assert (first.path.name, second.path.name) == ("b blue.png", "a orange.png")
    assert failures == []


def test_the_users_folder_is_the_default(
    home: Path, files: Path, styles: Path, tmp_path: Path
) -> None:
    (home / "styles").mkdir()
    shutil.copy(styles / "b blue.png", home / "styles" / "mine.png")
    try:
        done = nst(home, "styles", files / "content.png", "-o", tmp_path / "sheet.jpg")
    finally:
        shutil.rmtree(home / "styles")
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "sheet.jpg") as image:
        assert image.format == "JPEG"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["missing.png", "{styles}"], "There is no file missing.png."),
        (["{styles}/b blue.png"], "There are no styles in"),
        (["{styles}/b blue.png", "-"], "Styles are not read from standard input."),
        (["{styles}/b blue.png", "{styles}/empty"], "There are no pictures in"),
        (["{styles}/b blue.png", "{styles}/broken.jpg"], "is not a picture that can be read."),
    ],
)
def test_what_cannot_be_gets_a_sentence(
    home: Path, styles: Path, tmp_path: Path, words: list[str], told: str
) -> None:
    (styles / "empty").mkdir()
    sheet = tmp_path / "sheet.png"
    done = nst(home, "styles", *(word.format(styles=styles) for word in words), "-o", sheet)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not sheet.exists()
