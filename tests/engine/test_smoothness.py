"""Total variation and its gradient, against plain operations."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.smoothness import total_variation
from tests.engine.pictures import landscape


@pytest.mark.parametrize("wraps", [False, True])
def test_loss_and_gradient_are_those_of_automatic_differentiation(wraps: bool) -> None:
    picture = tf.constant(landscape(23, 17)[np.newaxis])
    with tf.GradientTape() as tape:
        tape.watch(picture)
        down, right = (tf.roll(picture, -1, axis) - picture for axis in (1, 2))
        if not wraps:
            down, right = down[:, :-1], right[:, :, :-1]
        squares = tf.reduce_sum(down**2) + tf.reduce_sum(right**2)
        expected = squares / tf.cast(tf.size(picture), tf.float32)
    loss, slope = total_variation(picture, wraps=wraps)
    assert float(loss) == pytest.approx(float(expected), rel=1e-4)
    np.testing.assert_allclose(slope, tape.gradient(expected, picture), atol=1e-7)
