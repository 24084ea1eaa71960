"""Total variation and its gradient, against plain operations."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.losses.total_variation import total_variation
from tests.support.landscapes import landscape

PICTURE = tf.constant(landscape(23, 17)[np.newaxis])


def by_automatic_differentiation(*, wraps: bool) -> tuple[tf.Tensor, tf.Tensor]:
    with tf.GradientTape() as tape:
        tape.watch(PICTURE)
        down, right = (tf.roll(PICTURE, -1, axis) - PICTURE for axis in (1, 2))
        if not wraps:
            down, right = down[:, :-1], right[:, :, :-1]
        squares = tf.reduce_sum(down**2) + tf.reduce_sum(right**2)
        loss = squares / tf.cast(tf.size(PICTURE), tf.float32)
    return loss, tape.gradient(loss, PICTURE)


def test_loss_and_gradient_are_those_of_automatic_differentiation() -> None:
    expected, expected_slope = by_automatic_differentiation(wraps=False)
    loss, slope = total_variation(PICTURE)
    assert float(loss) == pytest.approx(float(expected), rel=1e-4)
    np.testing.assert_allclose(slope, expected_slope, atol=1e-7)


@pytest.mark.parametrize("wraps", [False, True])
def test_shares_of_cells_add_up(wraps: bool) -> None:
    expected, expected_slope = by_automatic_differentiation(wraps=wraps)
    halo = 2 if wraps else 0
    outer = tf.constant(np.pad(PICTURE, ((0, 0), (halo, halo), (halo, halo), (0, 0)), "wrap"))
    numbers = tf.cast(tf.size(PICTURE), tf.float32)
    total, slopes = 0.0, np.zeros(outer.shape, np.float32)
    for cell in ([0, 9, 0, 12], [9, 17, 0, 12], [0, 17, 12, 23]):
        loss, slope = total_variation(outer, tf.constant(cell) + halo, numbers)
        total += float(loss)
        slopes += slope
    inside = slopes[:, halo : halo + 17, halo : halo + 23]
    assert total == pytest.approx(float(expected), rel=1e-4)
    np.testing.assert_allclose(inside, expected_slope, atol=1e-7)
    assert np.count_nonzero(slopes) == np.count_nonzero(inside)
