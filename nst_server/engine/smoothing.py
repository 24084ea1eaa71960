"""The metric that pictures are moved in: what is large moves before what is fine."""

from __future__ import annotations

import tensorflow as tf

from nst_server.engine.picture import extended

LEVELS = 2
"""Halvings: with four, colours of large areas move as easily as strokes, and faces turn blue."""

GAIN = 3.0
"""How much each coarser level is moved beside the pixels."""

_REACH = 16
"""Pixels that a value spreads, rounded up to a multiple of 2^LEVELS; strips have as many rows."""


def smooth(strips: list[tf.Tensor], *, wraps: bool = False) -> None:
    """Make a picture, in `strips`, S·picture, where S = 1 + U(g + U(g + …)Uᵀ)Uᵀ.

    S enlarges from coarser levels with gain g. It is symmetric and positive: to optimise p where
    the picture is S·p is to optimise the levels of a Laplacian pyramid, as in Kolkin et al.,
    "Style Transfer by Relaxed Optimal Transport and Self-Similarity", 2019. Where the picture
    ``wraps``, S does too.
    """
    beyond = slice(None) if wraps else slice(0)
    top, above = strips[0][:, :_REACH], strips[-1][:, -_REACH:][:, beyond]
    sides = _REACH if wraps else 0
    for number, strip in enumerate(strips):
        is_last = number + 1 == len(strips)
        below = top[:, beyond] if is_last else strips[number + 1][:, :_REACH]
        around = extended(tf.concat([above, strip, below], 1), 0, sides)
        first, (rows, columns) = above.shape[1], strip.shape[1:3]
        strips[number] = _smoothed(around)[:, first : first + rows, sides : sides + columns]
        above = strip[:, -_REACH:]


@tf.function(input_signature=[tf.TensorSpec([1, None, None, 3])])  # type: ignore[untyped-decorator]
def _smoothed(picture: tf.Tensor) -> tf.Tensor:
    height, width = tf.unstack(tf.shape(picture)[1:3])
    # To whole pixels of the coarsest level, which then lie alike in every strip.
    rest = ((0, 0), (0, -height % 2**LEVELS), (0, -width % 2**LEVELS), (0, 0))
    levels = [tf.pad(picture, rest)]
    for _ in range(LEVELS):
        levels.append(_reduced(levels[-1]))
    result = GAIN * levels.pop()
    while len(levels) > 1:
        level = levels.pop()
        result = GAIN * level + _enlarged(result, level)
    return picture + _enlarged(result, levels[0])[:, :height, :width]


def _enlarged(small: tf.Tensor, large: tf.Tensor) -> tf.Tensor:
    """U: bilinear enlargement to twice the size, which is that of ``large``."""
    return tf.image.resize(small, tf.shape(large)[1:3], method="bilinear")


def _reduced(large: tf.Tensor) -> tf.Tensor:
    """Uᵀ, divided by the four pixels that each pixel of the result stands for."""
    _, height, width, channels = tf.unstack(tf.shape(large))
    small = tf.zeros([1, height // 2, width // 2, channels])
    return 0.25 * tf.raw_ops.ResizeBilinearGrad(
        grads=large, original_image=small, half_pixel_centers=True
    )
