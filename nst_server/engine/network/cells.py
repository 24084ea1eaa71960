"""Cells of a picture (top, bottom, left, right), and the parts of feature maps that they cover."""

from __future__ import annotations

import tensorflow as tf


def whole(picture: tf.Tensor) -> tf.Tensor:
    """Return the cell that covers a whole picture: top, bottom, left, right."""
    return tf.stack([0, tf.shape(picture)[1], 0, tf.shape(picture)[2]])


def halved(cell: tf.Tensor, times: int) -> tf.Tensor:
    """Scale a cell that begins on the grid to the feature maps after ``times`` poolings."""
    return cell // 2**times


def inside(features: tf.Tensor, cell: tf.Tensor) -> tf.Tensor:
    """Cut a feature map to a cell."""
    top, bottom, left, right = tf.unstack(cell)
    return features[:, top:bottom, left:right]


def with_halo(gradient: tf.Tensor, shape: tf.Tensor, cell: tf.Tensor) -> tf.Tensor:
    """Pad a cell's gradient with zeros to a feature map of ``shape`` (the adjoint of `inside`).

    TensorFlow's own gradient of a slice takes thirty times as long.
    """
    top, bottom, left, right = tf.unstack(cell)
    height, width = tf.unstack(shape[1:3])
    return tf.pad(gradient, ((0, 0), (top, height - bottom), (left, width - right), (0, 0)))


def cell_pyramid(
    weight: tf.Tensor | None, cell: tf.Tensor, halvings: int
) -> list[tf.Tensor] | None:
    """Return the pyramid of a tile's weights, cut to its cell."""
    if weight is None:
        return None
    levels = pyramid_of(weight, halvings)
    return [inside(level, halved(cell, times)) for times, level in enumerate(levels)]


def pyramid_of(weight: tf.Tensor, halvings: int) -> list[tf.Tensor]:
    """Return ``weight``, and its averages at the size of the feature maps after each pooling.

    Poolings leave out an odd last row or column. The last position stands for it as well, or a
    narrow region there would be in no position of the deep layers.
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
