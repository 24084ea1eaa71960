"""Content distance: squared differences of feature maps, place by place."""

from __future__ import annotations

import tensorflow as tf


def squared_distance(
    features: tf.Tensor, target: tf.Tensor, weight: tf.Tensor | None = None
) -> tf.Tensor:
    """Σw(F−P)², in float32; ``weight`` is 1 × h × w × 1, None for all alike.

    Nothing flows back to target and weight. The difference is computed once more on the way back:
    in float32 it is twice as large as the feature map.
    """

    def difference(features: tf.Tensor) -> tf.Tensor:
        return tf.cast(features, tf.float32) - tf.cast(target, tf.float32)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def distance(features: tf.Tensor) -> tf.Tensor:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            factor = 2.0 * upstream if weight is None else 2.0 * upstream * weight
            return tf.cast(factor * difference(features), features.dtype)

        away = difference(features)
        if weight is not None:
            away *= tf.sqrt(weight)
        return 2.0 * tf.nn.l2_loss(away), gradient

    return distance(features)
