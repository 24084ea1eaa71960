"""Pictures in strips of rows, so that of what is computed with large ones little is ever whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import tensorflow as tf

PIXELS = 2**20
"""In one strip, about."""

GRID = 16
"""All strips but the last have a multiple of so many rows."""


def bounds(picture: tf.Tensor, share: float = 1.0) -> list[tuple[int, int]]:
    """First row of each strip and the one after its last, by height and width alone.

    ``share`` is how large they are beside those of pictures.
    """
    _, height, width, _ = picture.shape
    rows = max(GRID, int(share * PIXELS) // width // GRID * GRID)
    return [(top, min(height, top + rows)) for top in range(0, height, rows)]


def cut(picture: tf.Tensor, share: float = 1.0) -> Iterator[tf.Tensor]:
    """The strips of 1 × height × width × channels, each made when it is asked for."""
    for top, bottom in bounds(picture, share):
        yield picture[:, top:bottom]


def joined(strips: Iterable[tf.Tensor]) -> tf.Tensor:
    """The picture of those strips."""
    return tf.concat(list(strips), axis=1)
