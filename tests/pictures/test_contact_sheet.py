"""Contact sheets."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageColor

from nst_server.pictures.contact_sheet import PANEL, contact_sheet

COLOURS = ("red", "lime", "blue", "cyan", "magenta")


def count(sheet: Image.Image, colour: str) -> int:
    """Pixels of exactly that colour."""
    return int((np.asarray(sheet) == ImageColor.getrgb(colour)).all(-1).sum())


@pytest.mark.parametrize("number", range(1, 6))
def test_every_picture_is_there_whole(number: int) -> None:
    panels = [(Image.new("RGB", (60, 40), colour), colour) for colour in COLOURS[:number]]
    sheet = contact_sheet(panels)
    assert [count(sheet, colour) for colour in COLOURS[:number]] == [60 * 40] * number


def test_a_large_one_is_shrunk_and_a_small_one_is_not_enlarged() -> None:
    large, small = Image.new("RGB", (4000, 1000), "red"), Image.new("RGB", (30, 50), "lime")
    sheet = contact_sheet([(large, "large"), (small, "small")])
    assert count(sheet, "red") == PANEL * PANEL // 4
    assert count(sheet, "lime") == 30 * 50
    assert large.size == (4000, 1000), "the picture itself stays"


def test_a_caption_stays_below_its_own_picture() -> None:
    long = "a very long name of a picture " * 10 + ".png"
    left, right = Image.new("RGB", (200, 90), "red"), Image.new("RGB", (200, 90), "lime")
    named, unnamed = (
        contact_sheet([(left, long), (right, "")]),
        contact_sheet([(left, ""), (right, "")]),
    )
    dark = np.asarray(named).max(-1) < 100
    assert dark.any()
    assert not dark[:, named.width // 2 :].any()
    assert not (np.asarray(unnamed).max(-1) < 100).any()


def test_each_line_has_room() -> None:
    picture = Image.new("RGB", (200, 90), "red")
    one, three = contact_sheet([(picture, "a")]), contact_sheet([(picture, "a\nb\nc")])
    assert three.height > one.height + 30
    assert (np.asarray(three)[-25:].max(-1) < 100).any() or (
        np.asarray(three)[-45:].max(-1) < 100
    ).any()


def test_transparency_shows_the_paper() -> None:
    sheet = contact_sheet([(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "none")])
    assert count(sheet, "red") == 0
