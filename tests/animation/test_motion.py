"""Known shifts are found, and grain moves nothing."""

from __future__ import annotations

import numpy as np
import pytest

from nst_server.animation.motion import Pixels, motion, moved
from nst_server.animation.neighborhood import least_around, mean_around
from tests.support.landscapes import landscape

WIDTH, HEIGHT, SIDE = 96, 72, 24
BACKGROUND = landscape(WIDTH, HEIGHT, seed=1)
THING = landscape(SIDE, SIDE, seed=2)


def with_thing(top: int, left: int) -> Pixels:
    """The background, and something before it."""
    picture = BACKGROUND.copy()
    picture[top : top + SIDE, left : left + SIDE] = THING
    return np.asarray(picture, np.float32)


@pytest.mark.parametrize(("down", "right"), [(0, 1), (3, -2), (-9, 14), (8, 16)])
def test_a_thing_moves_and_what_is_behind_it_does_not(down: int, right: int) -> None:
    top, left = 24 + down, 30 + right
    found = motion(with_thing(24, 30), with_thing(top, left))
    inner = found[top + 3 : top + SIDE - 3, left + 3 : left + SIDE - 3]
    assert (inner == (-down, -right)).all(-1).mean() > 0.98
    still = np.ones((HEIGHT, WIDTH), bool)
    for row, column in ((24, 30), (top, left)):
        still[max(0, row - 3) : row + SIDE + 3, max(0, column - 3) : column + SIDE + 3] = False
    assert (found[still] == 0).all()


@pytest.mark.parametrize(("down", "right"), [(0, 5), (-4, 3)])
def test_all_of_it_moves(down: int, right: int) -> None:
    wide = landscape(WIDTH + 16, HEIGHT + 16, seed=3)
    before, after = wide[8:-8, 8:-8], wide[8 + down :, 8 + right :][:HEIGHT, :WIDTH]
    found = motion(before, after)
    inner = found[12:-12, 12:-12]
    assert (inner == (down, right)).all(-1).mean() > 0.98
    same = np.abs(moved(before, found) - after)[12:-12, 12:-12]
    assert same.mean() < 0.002


def test_grain_moves_nothing() -> None:
    random = np.random.default_rng(0)
    grain = (random.standard_normal((2, HEIGHT, WIDTH, 3)) / 255 * 2).astype(np.float32)
    smooth = np.linspace(0, 1, WIDTH, dtype=np.float32)[np.newaxis, :, np.newaxis]
    flat = np.broadcast_to(smooth, (HEIGHT, WIDTH, 3))
    assert not motion(flat + grain[0], flat + grain[1]).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (5, 3), (49, 51)])
def test_small_and_odd_sizes(size: tuple[int, int]) -> None:
    picture = landscape(*size)
    assert not motion(picture, picture).any()


def test_squares_around_pixels() -> None:
    plane = np.zeros((5, 7), np.float32)
    plane[2, 3] = 9
    np.testing.assert_allclose(mean_around(plane, 1)[1:4, 2:5], 1, rtol=1e-6)
    assert mean_around(plane, 1).sum() == pytest.approx(9)
    np.testing.assert_array_equal(least_around(1 - plane, 1)[1:4, 2:5], -8)
    assert (least_around(1 - plane, 1) == 1).sum() == 35 - 9
