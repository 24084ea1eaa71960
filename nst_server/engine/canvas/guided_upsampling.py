"""Enlargement of a result with the edges of the content as guide.

He and Sun, "Fast Guided Filter", 2015: in small windows the result is a straight-line function of
the content; that function is fitted at the small size and applied at the large one. The rest,
strokes that the content does not have, is enlarged by itself and added.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from nst_server.engine.canvas.picture import Array, resize

_RADIUS = 4
_EPSILON = 2e-2
"""Contrast (variance) below which the content is no guide."""


def enlarge(result: tf.Tensor, content: Array) -> Array:
    """Enlarge ``result`` (1 × h × w × 3) to the size of ``content`` (height × width × 3)."""
    height, width, _ = content.shape
    small_height, small_width = result.shape[1:3]
    if small_height >= height and small_width >= width:
        return np.asarray(resize(result, width, height)[0])
    guide = resize(content, small_width, small_height)
    guide_mean = _box(guide)
    result_mean = _box(result)
    variance = _box(guide * guide) - guide_mean * guide_mean
    covariance = _box(guide * result) - guide_mean * result_mean
    slope = tf.clip_by_value(covariance / (variance + _EPSILON), 0.0, 1.0)
    offset = result_mean - slope * guide_mean
    slope, offset = _box(slope), _box(offset)
    rest = result - (slope * guide + offset)

    def large(values: tf.Tensor) -> tf.Tensor:
        return tf.image.resize(values, (height, width), method="bicubic")

    # One channel after the other: all at once would take several large pictures.
    whole = np.empty(content.shape, np.float32)
    for channel, (steep, base) in enumerate(
        zip(tf.split(slope, 3, -1), tf.split(offset + rest, 3, -1), strict=True)
    ):
        sharp = large(steep) * content[np.newaxis, ..., channel : channel + 1] + large(base)
        whole[..., channel] = tf.clip_by_value(sharp, 0.0, 1.0)[0, ..., 0]
    return whole


def _box(values: tf.Tensor) -> tf.Tensor:
    """Return the mean over a window; at the borders, over the part of it that lies inside."""
    size = 2 * _RADIUS + 1
    return tf.nn.avg_pool2d(values, size, 1, "SAME")
