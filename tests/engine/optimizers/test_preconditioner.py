"""The metric that pictures are moved in."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.canvas import strips
from nst_server.engine.canvas.strips import cut, joined
from nst_server.engine.optimizers import preconditioner
from nst_server.engine.optimizers.preconditioner import STROKES, Metric, smooth


def noise(width: int, height: int, seed: int) -> tf.Tensor:
    return tf.random.stateless_normal([1, height, width, 3], seed=(seed, 0))


def smoothed(picture: tf.Tensor, *, wraps: bool = False) -> tf.Tensor:
    pieces = list(cut(picture))
    smooth(pieces, wraps=wraps)
    return joined(pieces)


def product(left: tf.Tensor, right: tf.Tensor) -> float:
    return float(tf.reduce_sum(left * right))


@pytest.mark.parametrize(
    ("size", "wraps"), [((37, 53), False), ((8, 9), False), ((64, 48), False), ((64, 48), True)]
)
def test_is_symmetric_and_positive(size: tuple[int, int], wraps: bool) -> None:
    one, other = noise(*size, seed=1), noise(*size, seed=2)
    there = product(one, smoothed(other, wraps=wraps))
    assert there == pytest.approx(product(smoothed(one, wraps=wraps), other), rel=1e-3)
    assert product(one, smoothed(one, wraps=wraps)) >= STROKES.color * product(one, one)


@pytest.mark.parametrize("size", [(37, 53), (20, 14)])
def test_sums_of_slices_are_the_convolutions(size: tuple[int, int]) -> None:
    """One is for the compiler, the other for where it is not used."""
    around = noise(*size, seed=3)
    gain, color = tf.constant(STROKES.gain), tf.constant(STROKES.color)
    ways = (preconditioner._blurred, preconditioner._blurred_by_slices)
    expected, found = (preconditioner._sum_of_blurs(way, around, gain, color) for way in ways)
    np.testing.assert_allclose(expected, found, atol=1e-5)


def test_no_pixel_is_another_than_its_neighbour() -> None:
    # Else there is a grid in it, which is seen in the painting.
    spot = tf.pad(tf.ones([1, 1, 1, 3]), ((0, 0), (20, 27), (24, 23), (0, 0)))
    beside = tf.roll(spot, (1, 1), (1, 2))
    expected = tf.roll(smoothed(spot), (1, 1), (1, 2))
    np.testing.assert_allclose(smoothed(beside), expected, atol=1e-6)


def test_moves_what_is_large_more_than_what_is_fine() -> None:
    rows = tf.range(64.0)[tf.newaxis, :, tf.newaxis, tf.newaxis] * tf.ones([1, 64, 64, 3])
    large, fine = tf.sin(rows * np.pi / 16), tf.cos(rows * np.pi)
    grown = [product(wave, smoothed(wave)) / product(wave, wave) for wave in (large, fine)]
    assert grown[0] > 3 * grown[1]


def test_moves_light_more_than_colour_where_it_is_fine() -> None:
    grain = noise(32, 32, seed=6)[..., :1]
    light, color = grain * tf.ones([3]), grain * tf.constant([1.0, 0.0, -1.0])
    moved = [product(one, smoothed(one)) / product(one, one) for one in (light, color)]
    assert moved[0] > 2 * moved[1]


def test_moves_the_colour_of_large_areas_more_than_half_as_much() -> None:
    # Else colours of the photograph stay, however long it is painted.
    area = tf.ones([1, 32, 32, 1])
    light, color = area * tf.ones([3]), area * tf.constant([1.0, 0.0, -1.0])
    moved = [product(one, smoothed(one)) / product(one, one) for one in (light, color)]
    assert moved[1] > moved[0] / 2


def test_moves_all_alike_without_blurs_and_with_all_of_the_colour() -> None:
    picture = noise(32, 32, seed=5)
    pieces = list(cut(picture))
    smooth(pieces, Metric(gain=0.0, color=1.0))
    np.testing.assert_array_equal(joined(pieces), picture)


def test_rolling_a_picture_that_wraps_rolls_the_result() -> None:
    picture = noise(64, 32, seed=3)
    rolled = smoothed(tf.roll(picture, (13, 31), (1, 2)), wraps=True)
    expected = tf.roll(smoothed(picture, wraps=True), (13, 31), (1, 2))
    np.testing.assert_allclose(rolled, expected, atol=1e-5)


@pytest.mark.parametrize(("size", "wraps"), [((37, 69), False), ((64, 48), True), ((9, 33), False)])
def test_in_strips_as_in_one_piece(
    size: tuple[int, int], wraps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = noise(*size, seed=4)
    expected = smoothed(picture, wraps=wraps)
    monkeypatch.setattr(strips, "PIXELS", 1)
    np.testing.assert_allclose(smoothed(picture, wraps=wraps), expected, atol=1e-5)
