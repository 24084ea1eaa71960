"""Arithmetic on pictures in parts, so that of what is computed only the result is ever whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import tensorflow as tf

PART = 2**22
"""Numbers of each picture that are worked on at once."""


def parts(*pictures: tf.Tensor) -> Iterator[tuple[tf.Tensor, ...]]:
    """The numbers of equally large pictures, some of each at a time; views, not copies."""
    rows = [tf.reshape(picture, [-1]) for picture in pictures]
    for start in range(0, rows[0].shape[0], PART):
        yield tuple(row[start : start + PART] for row in rows)


def mapped(
    function: Callable[..., tf.Tensor], *pictures: tf.Tensor, dtype: tf.DType = tf.float32
) -> tf.Tensor:
    """``function`` of each part of the pictures, as a picture of their shape."""
    if int(tf.size(pictures[0])) <= PART:
        return tf.reshape(function(*next(parts(*pictures))), pictures[0].shape)
    result = tf.Variable(tf.zeros([tf.size(pictures[0])], dtype))
    for number, these in enumerate(parts(*pictures)):
        region = result[number * PART : (number + 1) * PART]
        region.assign(tf.reshape(function(*these), [-1]))
    # Not `read_value`, which copies.
    return tf.reshape(tf.convert_to_tensor(result), pictures[0].shape)
