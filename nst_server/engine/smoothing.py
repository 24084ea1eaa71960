"""The metric that pictures are moved in: what is large moves before what is fine."""

from __future__ import annotations

import tensorflow as tf

from nst_server.engine.picture import extended

LEVELS = 2
"""Halvings: with four, colours of large areas move as easily as strokes, and faces turn blue."""

GAIN = 3.0
"""How much each coarser level is moved beside the pixels."""

_REACH = 16
"""Pixels that a value spreads, rounded up to a multiple of 2^LEVELS."""


def smoothed(picture: tf.Tensor, *, wraps: bool = False) -> tf.Tensor:
    """S·picture, where S = 1 + U(g + U(g + …)Uᵀ)Uᵀ enlarges from coarser levels with gain g.

    ``picture`` is 1 × height × width × channels, and so is the result. S is symmetric and positive:
    to optimise p where the picture is S·p is to optimise the levels of a Laplacian pyramid, as in
    Kolkin et al., "Style Transfer by Relaxed Optimal Transport and Self-Similarity", 2019. Where
    the picture ``wraps``, S does too.
    """
    if not wraps:
        return _smoothed(picture)
    height, width = picture.shape[1:3]
    around = _smoothed(extended(picture, _REACH, _REACH))
    return around[:, _REACH : _REACH + height, _REACH : _REACH + width]


@tf.function(input_signature=[tf.TensorSpec([1, None, None, 3])])  # type: ignore[untyped-decorator]
def _smoothed(picture: tf.Tensor) -> tf.Tensor:
    levels = [picture]
    for _ in range(LEVELS):
        levels.append(_reduced(levels[-1]))
    result = GAIN * levels.pop()
    while len(levels) > 1:
        level = levels.pop()
        result = GAIN * level + _enlarged(result, level)
    return picture + _enlarged(result, picture)


def _enlarged(small: tf.Tensor, large: tf.Tensor) -> tf.Tensor:
    """U: bilinear enlargement to twice the size, which is that of ``large``."""
    return tf.image.resize(small, tf.shape(large)[1:3], method="bilinear")


def _reduced(large: tf.Tensor) -> tf.Tensor:
    """Uᵀ, divided by the four pixels that each pixel of the result stands for."""
    _, height, width, channels = tf.unstack(tf.shape(large))
    small = tf.zeros([1, (height + 1) // 2, (width + 1) // 2, channels])
    return 0.25 * tf.raw_ops.ResizeBilinearGrad(
        grads=large, original_image=small, half_pixel_centers=True
    )
