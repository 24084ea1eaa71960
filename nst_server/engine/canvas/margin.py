"""What a picture is painted with beyond its borders, and loses again.

The network pads its feature maps with zeros. An optimisation answers with bright lines and dots
along the borders; in a margin, where the picture is its own mirror image at first, nobody sees
them.
"""

from __future__ import annotations

from typing import Protocol

import tensorflow as tf

from nst_server.engine.planning.schedule import Scale


class Resized(Protocol):
    """A picture at the size of the next scale."""

    def __call__(self, picture: tf.Tensor, method: str = ...) -> tf.Tensor:
        """``method`` is one of `tf.image.resize`."""


def with_margin(picture: tf.Tensor, scale: Scale) -> tf.Tensor:
    """1 × height × width × channels, of the scale's size, and mirrored pixels on every side."""
    if not scale.margin:
        return picture
    rows, columns = (scale.margin, scale.margin), (scale.margin, scale.right_margin)
    return tf.pad(picture, ((0, 0), rows, columns, (0, 0)), "SYMMETRIC")


def without_margin(picture: tf.Tensor, scale: Scale) -> tf.Tensor:
    """What is inside."""
    if not scale.margin:
        return picture
    return picture[:, scale.margin : -scale.margin, scale.margin : -scale.right_margin]


def between(old: Scale, new: Scale) -> Resized:
    """What makes a picture of one scale one of another, with a new margin for the old one."""

    def resized(picture: tf.Tensor, method: str = "bicubic") -> tf.Tensor:
        inside = without_margin(picture, old)
        larger = tf.image.resize(inside, (new.height, new.width), method=method)
        return with_margin(larger, new)

    return resized
