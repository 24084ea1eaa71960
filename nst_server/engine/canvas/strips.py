"""Pictures cut into strips of rows, so that few intermediate results are as large as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import tensorflow as tf

PIXELS = 2**20
"""Approximate number of pixels of a strip."""

GRID = 16
"""Rows of all strips but the last are a multiple of this."""


def bounds(picture: tf.Tensor, share: float = 1.0) -> list[tuple[int, int]]:
    """Return the first row of each strip and the row after its last, by height and width only.

    ``share`` is the size of the strips relative to those of pictures.
    """
    _, height, width, _ = picture.shape
    rows = max(GRID, int(share * PIXELS) // width // GRID * GRID)
    return [(top, min(height, top + rows)) for top in range(0, height, rows)]


def cut(picture: tf.Tensor, share: float = 1.0) -> Iterator[tf.Tensor]:
    """Yield the strips of 1 × height × width × channels, each made when it is asked for.

    An array is cut as well as a tensor.
    """
    for top, bottom in bounds(picture, share):
        yield picture[:, top:bottom]


def joined(strips: Iterable[tf.Tensor]) -> tf.Tensor:
    """Join strips to a picture."""
    return tf.concat(list(strips), axis=1)
