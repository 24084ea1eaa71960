"""How a picture too large for the memory is cut, so that tiled is the same as untiled.

Cells partition the picture; each is computed inside a tile that is larger by a halo, at least as
wide as the network's receptive field. Origins are multiples of 16, so that all poolings of a tile
fall where those of the whole picture do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from nst_server.engine.backbone import shrinkage
from nst_server.geometry import Box

GRID = 16
"""Sides of cells are chosen as multiples of it: the network halves four times."""

MINIMUM_SIDE = 128
"""Smaller cells are nearly all halo."""

MEMORY_SHARE = 0.4
"""Of the free memory, that the network may take."""

BYTES_PER_PIXEL = {"bfloat16": 1000, "float32": 2400}
"""Peak of a step of VGG16 with a mask, as measured: feature maps, their gradients, and more."""

KEPT_BYTES_PER_PIXEL = {"bfloat16": 130, "float32": 250}
"""Of what is kept between the two passes, two stages together."""

DEEP_SHARE = 3
"""What is kept of the second stage is for a pixel so many times smaller, and saves more."""

LARGEST_WHOLE = 10_000_000
"""Pixels. Of a larger picture there is one tile in memory at a time, whatever is free: content,
gradient and history take much, and a worker is to stay below 6 GB at 24 megapixels."""

KEPT_PIXELS = 42_000_000
"""What a picture takes itself, and what is kept of its tiles, is about alike for a pixel: so many
of both there may be, for 6 GB at 24 megapixels. Of one of 100 nothing is kept."""

TILE_PIXELS = 800_000
"""A tile need not be larger: beyond this the halo is a small part of the work, and memory is better
spent on what is kept."""

DEEP_TILE_PIXELS = 3_000_000
"""The same behind the first stage, by the picture's pixels: what is kept of it is smaller, and so
are halos beside it."""


@dataclass(frozen=True)
class Cut:
    """How one stage of the network is cut, in positions of what it begins with."""

    side: int
    """Of cells, about."""
    kept: int = 0
    """Positions of tiles of which something may be kept between the two passes."""


@dataclass(frozen=True)
class Tiling:
    """How pictures are cut: each stage, and on a torus or not."""

    cuts: tuple[Cut, ...]
    wraps: bool = False

    def with_less(self) -> Tiling | None:
        """For less memory: nothing kept, then smaller tiles; None if they are small already."""
        if self.cuts[0].kept:
            first, *others = self.cuts
            return replace(self, cuts=(Cut(first.side), *others))
        if self.cuts[0].side // 2 < MINIMUM_SIDE:
            return None
        return replace(self, cuts=tuple(Cut(cut.side // 2) for cut in self.cuts))


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
    """Tiles whose cells are about ``side`` wide and high, each with ``halo`` around it.

    Halos end at the picture's borders, where the network pads as it does untiled, unless the
    picture ``wraps``: then they go on outside. Tiles begin on the grid, and so does the side of
    cells.
    """
    before = _rounded_up(halo, grid)
    columns, rows = _cells(width, side, grid), _cells(height, side, grid)
    bounds = Box(0, 0, width, height)
    for top, bottom in rows:
        for left, right in columns:
            cell = Box(left, top, right - left, bottom - top)
            sides = (cell.width + before + halo, cell.height + before + halo)
            outer = Box(left - before, top - before, *sides)
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
    side = int(math.sqrt(min(budget, TILE_PIXELS))) - 2 * halo
    return max(MINIMUM_SIDE, side // GRID * GRID)


def kept_by_memory(width: int, height: int, precision: str, free: int | None) -> int:
    """Pixels of a picture's tiles of which something may be kept; ``free`` as above."""
    affordable = int(_budget(free) / KEPT_BYTES_PER_PIXEL[precision])
    return max(0, min(KEPT_PIXELS - width * height, affordable))


def deep_cut(shrinkage: int, kept: int) -> Cut:
    """The cut of a stage that begins so many halvings behind the picture.

    ``kept`` is of how many pixels something is kept of the first stage.
    """
    side = int(math.sqrt(DEEP_TILE_PIXELS)) >> shrinkage
    return Cut(side, DEEP_SHARE * kept >> 2 * shrinkage)


def receptive_halo(convolutions: Sequence[str]) -> int:
    """How far the last of those convolutions sees beyond a cell, in positions of the first.

    Every convolution sees one position further at its own size. Pooling sees nothing beyond,
    since cells end where its windows do.
    """
    shallowest = shrinkage(convolutions[0])
    return sum(2 ** (shrinkage(name) - shallowest) for name in convolutions)


def _budget(free: int | None) -> float:
    """Bytes that the network may take; where nothing is known, of 8 GB."""
    return MEMORY_SHARE * (8 * 2**30 if free is None else free)


def _cells(length: int, side: int, grid: int) -> list[tuple[int, int]]:
    """Where cells begin and end along one axis: as few as ``side`` allows, and then alike.

    A rest that is less than the grid joins the last cell.
    """
    steps = max(1, length // grid)
    number = math.ceil(steps / math.ceil(side / grid))
    starts = range(0, steps * grid, math.ceil(steps / number) * grid)
    return list(pairwise([*starts, length]))


def _runs(start: int, stop: int, length: int) -> Iterator[tuple[int, int, int]]:
    """Positions from ``start`` on, modulo ``length``: how far each run is, where, and how long."""
    position = start
    while position < stop:
        run = min(stop - position, length - position % length)
        yield position - start, position % length, run
        position += run


def _rounded_up(length: int, grid: int) -> int:
    return -(-length // grid) * grid
