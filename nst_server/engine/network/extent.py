"""Extents: the part of a larger map that a picture fills, so that one program serves many sizes.

A program is compiled for the size of a bucket (`planning/buckets`). A picture lies in its top left
corner, the rest is zero, and all is computed as it would be of the picture alone.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class Extent(NamedTuple):
    """The part of larger maps, 1 × height × width × channels, that a picture fills."""

    size: tf.Tensor
    """Height and width, int32."""

    def halved(self, times: int) -> Extent:
        """Return the extent after ``times`` poolings, which leave out an odd last row or column."""
        return Extent(self.size // 2**times)

    @property
    def positions(self) -> tf.Tensor:
        """Number of positions inside, float32."""
        return tf.cast(tf.reduce_prod(self.size), tf.float32)

    def cleared(self, maps: tf.Tensor) -> tf.Tensor:
        """Return maps with zeros outside."""
        rows, columns = _places(maps)
        height, width = tf.unstack(self.size)
        return tf.where((rows < height) & (columns < width), maps, tf.zeros([], maps.dtype))

    def with_border(self, picture: tf.Tensor) -> tf.Tensor:
        """Repeat the last row and column of a picture once, right outside, differentiably."""
        rows, columns = _places(picture)
        height, width = tf.unstack(self.size)
        below = tf.pad(picture[:, :-1], ((0, 0), (1, 0), (0, 0), (0, 0)))
        picture = tf.where(rows == height, below, picture)
        beside = tf.pad(picture[:, :, :-1], ((0, 0), (0, 0), (1, 0), (0, 0)))
        return tf.where(columns == width, beside, picture)

    def mirrored(self, picture: tf.Tensor, reach: int) -> tf.Tensor:
        """Add ``reach`` positions on each side; around the extent the picture is its mirror image.

        ``reach`` is at most the picture's shorter side. Farther outside the values mean nothing.
        """
        for axis, length in enumerate(tf.unstack(self.size), start=1):
            places = tf.range(-reach, tf.shape(picture)[axis] + reach)
            places = tf.where(places < 0, -1 - places, places)
            places = tf.where(places >= length, 2 * length - 1 - places, places)
            picture = tf.gather(picture, tf.maximum(places, 0), axis=axis)
        return picture


def in_corner(maps: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Return maps of that size with ``maps`` in the top left corner and zeros elsewhere."""
    missing = height - maps.shape[1], width - maps.shape[2]
    return tf.pad(maps, ((0, 0), (0, missing[0]), (0, missing[1]), (0, 0)))


def _places(maps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the number of each row and column, in shapes that spread over maps."""
    height, width = tf.unstack(tf.shape(maps)[1:3])
    return tf.range(height)[:, tf.newaxis, tf.newaxis], tf.range(width)[:, tf.newaxis]
