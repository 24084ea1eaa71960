"""How a picture too large for the memory is cut, so that tiled is the same as untiled.

Cells partition the picture; each is computed inside a tile that is larger by a halo, at least as
wide as the network's receptive field. Origins are multiples of 16, so that all poolings of a tile
fall where those of the whole picture do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nst_server.engine.backbone import layer_names, shrinkage
from nst_server.geometry import Box

GRID = 16
"""The network halves four times."""

MINIMUM_SIDE = 128
"""Smaller cells are nearly all halo."""

MEMORY_SHARE = 0.4
"""Of the free memory, that the network may take."""

BYTES_PER_PIXEL = {"bfloat16": 1000, "float32": 2400}
"""Peak of a step of VGG16 with a mask, as measured: feature maps, their gradients, and more."""

KEPT_BYTES_PER_PIXEL = {"bfloat16": 1400, "float32": 3400}
"""The same where feature maps are kept between two passes."""

LARGEST_WHOLE = 10_000_000
"""Pixels. Of a larger picture there is one tile in memory at a time, whatever is free: content,
gradient and history take much, and a worker is to stay below 6 GB at 24 megapixels."""

TILE_PIXELS = 1_500_000
"""A tile need not be larger: beyond this the halo is a small part of the work."""


@dataclass(frozen=True)
class Tile:
    """One piece of work: what the network is shown, and what of it counts."""

    outer: Box
    """In the picture."""
    cell: Box
    """In the picture, inside ``outer``; the cells of all tiles cover the picture once."""

    @property
    def inner(self) -> Box:
        """The cell as counted from the tile's own corner."""
        return self.cell.relative_to(self.outer)


def tiles(width: int, height: int, side: int, halo: int, *, wraps: bool = False) -> Iterator[Tile]:
    """Tiles whose cells are about ``side`` wide and high, each with ``halo`` around it.

    Halos end at the picture's borders, where the network pads as it does untiled, unless the
    picture ``wraps``: then they go on outside. Both numbers are rounded up to the grid.
    """
    side, halo = _to_grid(side), _to_grid(halo)
    bounds = Box(0, 0, width, height)
    for top in _origins(height, side):
        for left in _origins(width, side):
            cell = Box(left, top, *_extent(left, width, side), *_extent(top, height, side))
            outer = cell.pad(halo)
            yield Tile(outer if wraps else outer.intersect(bounds), cell)


def pieces(box: Box, width: int, height: int) -> Iterator[tuple[Box, Box]]:
    """``box`` cut at the borders of a picture that wraps: each piece in the picture, and in it."""
    for down, top, rows in _runs(box.y, box.bottom, height):
        for right, left, columns in _runs(box.x, box.right, width):
            yield Box(left, top, columns, rows), Box(right, down, columns, rows)


def side_by_memory(
    width: int, height: int, precision: str, halo: int, free: int | None
) -> int | None:
    """Side of the cells that a picture must be cut into; None if it fits in one piece.

    ``free`` is in bytes, None if unknown.
    """
    budget = _budget(free) / BYTES_PER_PIXEL[precision]
    if width * height <= min(budget, LARGEST_WHOLE):
        return None
    side = int(math.sqrt(min(budget, TILE_PIXELS))) - 2 * _to_grid(halo)
    return max(MINIMUM_SIDE, side // GRID * GRID)


def kept_by_memory(width: int, height: int, precision: str, free: int | None) -> int:
    """Pixels of a picture's tiles whose feature maps may be kept; ``free`` as above."""
    if width * height > LARGEST_WHOLE:
        return 0
    return int(_budget(free) / KEPT_BYTES_PER_PIXEL[precision])


def receptive_halo(backbone: str, layers: Iterable[str]) -> int:
    """How far the deepest of ``layers`` sees beyond a cell, in pixels.

    Every convolution sees one position further at its own size. Pooling sees nothing beyond,
    since cells end where its windows do.
    """
    names = layer_names(backbone)
    deepest = max(map(names.index, layers))
    return sum(2 ** shrinkage(name) for name in names[: deepest + 1])


def _budget(free: int | None) -> float:
    """Bytes that the network may take; where nothing is known, of 8 GB."""
    return MEMORY_SHARE * (8 * 2**30 if free is None else free)


def _origins(length: int, side: int) -> range:
    """Where cells begin along one axis; a rest that is less than the grid joins the last cell."""
    return range(0, max(1, length - GRID + 1), side)


def _extent(start: int, length: int, side: int) -> tuple[int]:
    rest = length - start
    return (rest if rest < side + GRID else side,)


def _runs(start: int, stop: int, length: int) -> Iterator[tuple[int, int, int]]:
    """Positions from ``start`` on, modulo ``length``: how far each run is, where, and how long."""
    position = start
    while position < stop:
        run = min(stop - position, length - position % length)
        yield position - start, position % length, run
        position += run


def _to_grid(pixels: int) -> int:
    return -(-pixels // GRID) * GRID
