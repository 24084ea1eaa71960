"""Palettes: how near pictures are in color, and one picture in the colors of another."""

from __future__ import annotations

import itertools
import random

import pytest

from nst_server.values.palette import Palette


def picture(color: tuple[int, int, int], spread: int, seed: int = 0, pixels: int = 3000) -> bytes:
    """Pixels about a color."""
    chance = random.Random(seed)
    return bytes(
        min(255, max(0, value + round(chance.gauss(0, spread))))
        for _ in range(pixels)
        for value in color
    )


SEA = picture((40, 90, 160), 20)
LAKE = picture((50, 100, 150), 24, seed=1)
FIRE = picture((200, 90, 30), 30, seed=2)


def test_pictures_of_like_colors_are_near() -> None:
    sea, lake, fire = (Palette.of(each) for each in (SEA, LAKE, FIRE))
    assert sea.distance(lake) < 0.2 * sea.distance(fire)
    assert sea.distance(sea) == 0
    assert sea.distance(fire) == fire.distance(sea)


def test_contrast_counts_as_well_as_the_mean() -> None:
    flat, noisy, like = (
        Palette.of(picture((128, 128, 128), spread, seed))
        for seed, spread in enumerate((2, 40, 38))
    )
    assert noisy.distance(like) < 0.2 * noisy.distance(flat)


def test_transparent_pixels_do_not_count() -> None:
    opaque = b"".join(SEA[at : at + 3] + b"\xff" for at in range(0, 900, 3))
    clear = b"".join(FIRE[at : at + 3] + b"\x00" for at in range(0, 900, 3))
    assert Palette.of(opaque + clear, 4) == Palette.of(opaque, 4)
    assert Palette.of(clear, 4).distance(Palette.of(bytes((128, 128, 128)))) < 0.01


def test_a_picture_in_another_palette_has_it() -> None:
    sea, fire = Palette.of(SEA), Palette.of(FIRE)
    moved = Palette.of(sea.recolored(SEA, fire))
    assert moved.distance(fire) < 0.05 * sea.distance(fire)


def test_no_share_leaves_every_sample_as_it_was_and_half_of_it_leads_half_way() -> None:
    sea, fire = Palette.of(SEA), Palette.of(FIRE)
    assert sea.recolored(SEA, fire, 0) == SEA
    half = Palette.of(sea.recolored(SEA, fire, 0.5))
    whole = sea.distance(fire)
    assert half.distance(sea) == pytest.approx(whole / 2, rel=0.1)
    assert half.distance(fire) == pytest.approx(whole / 2, rel=0.1)


def test_what_is_lighter_stays_lighter() -> None:
    ramp = bytes(value for gray in range(256) for value in (gray, gray, gray))
    moved = Palette.of(ramp).recolored(ramp, Palette.of(FIRE))
    light = [
        0.299 * moved[at] + 0.587 * moved[at + 1] + 0.114 * moved[at + 2]
        for at in range(0, len(moved), 3)
    ]
    assert all(after >= before - 1 for before, after in itertools.pairwise(light))


@pytest.mark.parametrize("pixels", [b"", b"\x00\x00\x00", bytes(3 * 64)])
def test_pictures_of_one_color_or_none_have_a_palette(pixels: bytes) -> None:
    palette = Palette.of(pixels)
    assert len(Palette.of(FIRE).recolored(pixels, palette)) == len(pixels)
    assert len(palette.recolored(pixels, Palette.of(FIRE))) == len(pixels)
