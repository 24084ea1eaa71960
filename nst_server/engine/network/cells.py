"""Cells of a picture, as top, bottom, left and right, and what of feature maps belongs to them."""

from __future__ import annotations

import tensorflow as tf


def whole(picture: tf.Tensor) -> tf.Tensor:
    """The cell that is all of a picture: top, bottom, left, right."""
    return tf.stack([0, tf.shape(picture)[1], 0, tf.shape(picture)[2]])


def halved(cell: tf.Tensor, times: int) -> tf.Tensor:
    """A cell, which begins on the grid, as one of the feature maps so many poolings later."""
    return cell // 2**times


def inside(features: tf.Tensor, cell: tf.Tensor) -> tf.Tensor:
    """What of a feature map is the cell."""
    top, bottom, left, right = tf.unstack(cell)
    return features[:, top:bottom, left:right]


def with_halo(gradient: tf.Tensor, shape: tf.Tensor, cell: tf.Tensor) -> tf.Tensor:
    """The gradient by features of that shape of what has that gradient by their `inside`.

    TensorFlow's own way back from a slice takes thirty times as long.
    """
    top, bottom, left, right = tf.unstack(cell)
    height, width = tf.unstack(shape[1:3])
    return tf.pad(gradient, ((0, 0), (top, height - bottom), (left, width - right), (0, 0)))


def cell_pyramid(
    weight: tf.Tensor | None, cell: tf.Tensor, halvings: int
) -> list[tf.Tensor] | None:
    """The pyramid of a tile's weights, cut to its cell."""
    if weight is None:
        return None
    levels = pyramid_of(weight, halvings)
    return [inside(level, halved(cell, times)) for times, level in enumerate(levels)]


def pyramid_of(weight: tf.Tensor, halvings: int) -> list[tf.Tensor]:
    """``weight`` as it is and averaged down to the size of feature maps after each pooling.

    Poolings leave out an odd row or column at the end. The last position stands for it, or a narrow
    region there would be in no position of the deep layers.
    """
    levels = [weight]
    for _ in range(halvings):
        pooled = tf.nn.avg_pool2d(levels[-1], 2, 2, "SAME")
        height, width = (side // 2 for side in tf.unstack(tf.shape(levels[-1])[1:3]))
        last = tf.maximum(pooled[:, height - 1 : height], pooled[:, -1:])
        pooled = tf.concat([pooled[:, : height - 1], last], 1)
        last = tf.maximum(pooled[:, :, width - 1 : width], pooled[:, :, -1:])
        levels.append(tf.concat([pooled[:, :, : width - 1], last], 2))
    return levels
