"""How a picture too large for the memory is cut, so that tiled is the same as untiled.

Cells partition the picture; each is computed inside a tile that is larger by a halo, at least as
wide as the receptive field of the stage that is shown it. Cells begin at multiples of the stage's
grid, so that all poolings of a tile fall where those of the whole picture do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from nst_server.engine.network.vgg import shrinkage
from nst_server.engine.planning.widths import fast_width
from nst_server.values.geometry import Box

GRID = 16
"""A side that is chosen by memory is a multiple of it."""

MINIMUM_SIDE = 128
"""Smaller cells are nearly all halo."""

MEMORY_SHARE = 0.4
"""Of the free memory, that feature maps may take, and once more what is kept of tiles."""

LARGEST_WHOLE = 10_000_000
"""Pixels. Of a larger picture there is one tile in memory at a time, whatever is free: content,
gradient and history take much, and a worker is to stay below 6 GB at 24 megapixels. Before that its
coarser scale of six goes in one piece where as much is free: 7.3 GB were seen."""

TILE_PIXELS = {"bfloat16": 1_500_000, "float32": 750_000}
"""A tile need not be larger: beyond this the halo is a small part of the work."""

MOST_KEPT = 2.4e9
"""Bytes that may be kept of all tiles of a picture, whatever is free: what is left of those 6 GB
at 24 megapixels; of 100 megapixels, which are to stay below 12 GB, nothing is kept."""

DEEP_TILE_PIXELS = 6_000_000
"""The same behind the first stage, by the picture's pixels: what is kept of it is smaller, and so
are halos beside it."""


@dataclass(frozen=True)
class Tiling:
    """How pictures are cut, and what is done with the tiles."""

    sides: tuple[int, ...]
    """Of cells, about: for each stage of the network, in positions of what it begins with."""
    keeps: bool = True
    """Whether something of tiles is kept between their two passes."""
    wraps: bool = False
    """Whether the picture is a torus."""

    def with_less(self) -> Tiling | None:
        """For less memory: nothing kept, then smaller tiles; None if they are small already."""
        if self.keeps:
            return replace(self, keeps=False)
        if self.sides[0] // 2 < MINIMUM_SIDE:
            return None
        return replace(self, sides=tuple(side // 2 for side in self.sides))


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


def tiles(
    width: int, height: int, side: int, halo: int, grid: int, *, wraps: bool = False
) -> Iterator[Tile]:
    """Tiles whose cells are about ``side`` wide and high, each with ``halo`` around it, or more.

    Halos end at the picture's borders, where the network pads as it does untiled, unless the
    picture ``wraps``: then they go on outside. Tiles begin on the grid, and so does the side of
    cells; tiles inside of the picture are of a `fast_width`.
    """
    around = _rounded_up(halo, grid)
    clipped = 0 if wraps else around
    columns, rows = (_cells(length, side, grid, clipped) for length in (width, height))
    bounds = Box(0, 0, width, height)
    for top, bottom in rows:
        for left, right in columns:
            cell = Box(left, top, right - left, bottom - top)
            outer = cell.pad(around)
            yield Tile(outer if wraps else outer.intersect(bounds), cell)


def pieces(box: Box, width: int, height: int) -> Iterator[tuple[Box, Box]]:
    """``box`` cut at the borders of a picture that wraps: each piece in the picture, and in it."""
    for down, top, rows in _runs(box.y, box.bottom, height):
        for right, left, columns in _runs(box.x, box.right, width):
            yield Box(left, top, columns, rows), Box(right, down, columns, rows)


def side_by_memory(
    width: int, height: int, precision: str, pixel_bytes: int, halo: int, free: int | None
) -> int | None:
    """Side of the cells that a picture must be cut into; None if it fits in one piece.

    ``pixel_bytes`` is what a step takes at the most of each pixel, ``free`` is in bytes, None if
    unknown.
    """
    budget = _budget(free) / pixel_bytes
    if width * height <= min(budget, LARGEST_WHOLE):
        return None
    side = int(math.sqrt(min(budget, TILE_PIXELS[precision]))) - 2 * halo
    return max(MINIMUM_SIDE, side // GRID * GRID)


def checkpoints_fit(width: int, height: int, checkpoint_bytes: float, free: int | None) -> bool:
    """Whether there is memory for what could be kept of a picture's tiles.

    ``checkpoint_bytes`` are those of a pixel (`compact`), ``free`` as above.
    """
    return width * height * checkpoint_bytes <= min(_budget(free), MOST_KEPT)


def deep_side(shrinkage: int) -> int:
    """Side of the cells of a stage that begins so many halvings behind the picture."""
    return int(math.sqrt(DEEP_TILE_PIXELS)) >> shrinkage


def receptive_halo(convolutions: Sequence[str]) -> int:
    """How far the last of those convolutions sees beyond a cell, in positions of the first.

    Every convolution sees one position further at its own size. Pooling sees nothing beyond,
    since cells end where its windows do.
    """
    shallowest = shrinkage(convolutions[0])
    return sum(2 ** (shrinkage(name) - shallowest) for name in convolutions)


def _budget(free: int | None) -> float:
    """Bytes that tiles may take, or what is kept of them; where nothing is known, of 8 GB."""
    return MEMORY_SHARE * (8 * 2**30 if free is None else free)


def _cells(length: int, side: int, grid: int, halo: int) -> list[tuple[int, int]]:
    """Where cells begin and end along one axis: as few as ``side`` allows, and the tiles alike.

    So the first and the last cell are larger by the halo that is not there. A rest that is less
    than the grid joins the last cell.
    """
    inside = max(grid, length - 2 * halo)
    number = math.ceil(inside / side)
    step = fast_width(math.ceil(inside / number) + 2 * halo) - 2 * halo
    stop = min(halo + number * step, length // grid * grid)
    return list(pairwise([0, *range(halo + step, stop, step), length]))


def _runs(start: int, stop: int, length: int) -> Iterator[tuple[int, int, int]]:
    """Positions from ``start`` on, modulo ``length``: how far each run is, where, and how long."""
    position = start
    while position < stop:
        run = min(stop - position, length - position % length)
        yield position - start, position % length, run
        position += run


def _rounded_up(length: int, grid: int) -> int:
    return -(-length // grid) * grid
