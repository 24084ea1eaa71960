"""Content distance: squared differences of feature maps, place by place."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def squared_distance(
    features: tf.Tensor, target: tf.Tensor, weight: tf.Tensor | None = None
) -> tf.Tensor:
    """Σw(F−P)², summed in float32; ``weight`` is 1 × h × w × 1, None for all alike.

    Nothing flows back to target and weight. The difference is of the features' own type: in
    float32 it would be twice as large as they are, and no nearer, as they are rounded themselves.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def distance(features: tf.Tensor) -> tf.Tensor:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            factor = 2.0 * upstream if weight is None else 2.0 * upstream * weight
            return tf.cast(factor, features.dtype) * (features - target)

        away = tf.cast(features - target, tf.float32)
        if weight is not None:
            away *= tf.sqrt(weight)
        return 2.0 * tf.nn.l2_loss(away), gradient

    return distance(features)


def scale_of(
    cells: Sequence[tf.Tensor], weights: Sequence[tf.Tensor | None], *, relative: bool
) -> tf.Tensor:
    """What turns a sum of squared distances into a mean, and if ``relative`` that into variances.

    ``cells`` are what the content's feature map is cut into, each with its weights.
    """
    total = tf.add_n(
        [
            tf.cast(tf.size(cell[..., 0]), tf.float32) if weight is None else tf.reduce_sum(weight)
            for cell, weight in zip(cells, weights, strict=True)
        ]
    )
    channels = tf.cast(cells[0].shape[-1], tf.float32)
    scale = 1.0 / (tf.maximum(total, 1e-6) * channels)
    if not relative:
        return scale
    # Cell by cell: all of them in float32 would be larger than the picture.
    count = tf.add_n([tf.cast(tf.size(cell), tf.float32) for cell in cells])
    mean = tf.add_n([tf.reduce_sum(tf.cast(cell, tf.float32)) for cell in cells]) / count
    squares = [tf.reduce_sum(tf.square(tf.cast(cell, tf.float32) - mean)) for cell in cells]
    return scale / (tf.add_n(squares) / count + 1e-6)
