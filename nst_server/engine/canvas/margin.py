"""A mirrored margin around the picture, painted with it and cropped at the end.

The network pads its feature maps with zeros. An optimization answers with bright lines and dots
along the borders. In a margin, which starts as a mirror image of the picture, nobody sees them.
"""

from __future__ import annotations

from typing import Protocol

import tensorflow as tf

from nst_server.engine.planning.schedule import Scale


class Resized(Protocol):
    """Brings a picture to the size of the next scale."""

    def __call__(self, picture: tf.Tensor, method: str = ...) -> tf.Tensor:
        """``method`` is one of `tf.image.resize`."""


def with_margin(picture: tf.Tensor, scale: Scale) -> tf.Tensor:
    """Add mirrored pixels on every side of 1 × height × width × channels of the scale's size."""
    if not scale.margin:
        return picture
    rows, columns = (scale.margin, scale.margin), (scale.margin, scale.right_margin)
    return tf.pad(picture, ((0, 0), rows, columns, (0, 0)), "SYMMETRIC")


def without_margin(picture: tf.Tensor, scale: Scale) -> tf.Tensor:
    """Crop the margin."""
    if not scale.margin:
        return picture
    return picture[:, scale.margin : -scale.margin, scale.margin : -scale.right_margin]


def between(old: Scale, new: Scale) -> Resized:
    """Return a function that resizes pictures of one scale to another and renews the margin."""

    def resized(picture: tf.Tensor, method: str = "bicubic") -> tf.Tensor:
        inside = without_margin(picture, old)
        larger = tf.image.resize(inside, (new.height, new.width), method=method)
        return with_margin(larger, new)

    return resized
