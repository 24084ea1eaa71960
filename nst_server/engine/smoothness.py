"""Total variation: how rough a picture is, with its gradient."""

from __future__ import annotations

import tensorflow as tf

from nst_server.engine.picture import extended


def total_variation(picture: tf.Tensor, *, wraps: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean squared difference of neighbours, down and to the right, and its gradient.

    ``picture`` is 1 × height × width × channels. Where it ``wraps``, its first row and column are
    neighbours of its last. The gradient of such a sum of squares is the Laplacian, with borders
    that repeat themselves, and half its product with the picture is the loss again: far fewer
    passes over the picture than automatic differentiation makes.
    """
    if wraps:
        around = extended(picture, 1, 1)
    else:
        around = tf.pad(picture, ((0, 0), (1, 1), (1, 1), (0, 0)), "SYMMETRIC")
    neighbours = (
        around[:, :-2, 1:-1] + around[:, 2:, 1:-1] + around[:, 1:-1, :-2] + around[:, 1:-1, 2:]
    )
    scale = 2.0 / tf.cast(tf.size(picture), tf.float32)
    slope = scale * (4.0 * picture - neighbours)
    return 0.5 * tf.reduce_sum(picture * slope), slope
