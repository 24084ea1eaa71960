"""Cutting a picture that is too large for the memory, so that tiled equals untiled.

Cells partition the picture; each is computed inside a tile that is larger by a halo, at least as
wide as the receptive field of the stage that processes it. Cells begin at multiples of the stage's
grid, so that all poolings of a tile fall where those of the whole picture do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from nst_server.engine.network.vgg import shrinkage
from nst_server.engine.planning.schedule import fast_width
from nst_server.values.geometry import Box

GRID = 16
"""Sides that are chosen by memory are multiples of this."""

MINIMUM_SIDE = 128
"""Shortest side of a cell: smaller tiles are nearly all halo."""

MEMORY_SHARE = 0.4
"""Share of the free memory for feature maps, and the same again for checkpoints of tiles."""


class Largest(NamedTuple):
    """Limits that hold however much memory is free; those of tiles are for bfloat16."""

    whole: int
    """Pixels of the largest picture that is not cut."""
    tile: int
    """Pixels of the largest tile. Beyond this a halo is a small part of the work anyway."""

    def in_precision(self, precision: str) -> Largest:
        """Return the same with tiles of as many bytes in another precision."""
        return self._replace(tile=self.tile if precision == "bfloat16" else self.tile // 2)


LARGEST = {"CPU": Largest(3_500_000, 600_000), "GPU": Largest(10_000_000, 1_500_000)}
"""By kind of device. A processor's memory is for other programs, too: with content, gradient and
history a worker is to stay at about 3.5 GB at 24 megapixels."""

MOST_KEPT = 2.4e9
"""Most bytes of the checkpoints of all tiles of a picture, however much is free: where the whole
network sees the picture itself, those of 24 megapixels are kept, and of 100 none."""

DEEP_TILE_PIXELS = 3_000_000
"""Pixels of the picture that a cell of a later stage covers: its checkpoints are smaller than those
of the first stage, and so are halos in proportion."""


@dataclass(frozen=True)
class Tiling:
    """The size of the cells that pictures are cut into, and the treatment of their tiles."""

    sides: tuple[int, ...]
    """Approximate side of cells for each stage of the network, in positions of its input."""
    keeps: bool = True
    """True if checkpoints of tiles are kept between their two passes."""
    wraps: bool = False
    """True if the picture is a torus."""

    def with_less(self) -> Tiling | None:
        """Return a tiling for less memory: no checkpoints, then smaller tiles, at last None."""
        if self.keeps:
            return replace(self, keeps=False)
        if self.sides[0] // 2 < MINIMUM_SIDE:
            return None
        return replace(self, sides=tuple(side // 2 for side in self.sides))


@dataclass(frozen=True)
class Tile:
    """One piece of work: the box that the network sees, and the cell in it that counts."""

    outer: Box
    """The cell and its halo, in the picture."""
    cell: Box
    """The part of ``outer`` that counts; the cells of all tiles cover the picture once."""

    @property
    def inner(self) -> Box:
        """The cell, counted from the tile's own corner."""
        return self.cell.relative_to(self.outer)


def tiles(
    width: int, height: int, side: int, halo: int, grid: int, *, wraps: bool = False
) -> Iterator[Tile]:
    """Yield tiles whose cells are about ``side`` wide and high, with a halo of at least ``halo``.

    Halos end at the picture's borders, where the network pads as it does untiled, unless the
    picture ``wraps``: then they continue outside. Tiles and cells begin on the grid; tiles inside
    the picture have a `fast_width`.
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
    """Cut ``box`` at the borders of a picture that wraps; yield pieces in picture and box."""
    for down, top, rows in _runs(box.y, box.bottom, height):
        for right, left, columns in _runs(box.x, box.right, width):
            yield Box(left, top, columns, rows), Box(right, down, columns, rows)


def side_by_memory(
    width: int, height: int, largest: Largest, pixel_bytes: int, halo: int, free: int | None
) -> int | None:
    """Return the side of the cells that a picture must be cut into; None if it fits in one piece.

    ``pixel_bytes`` is the peak memory of a step per pixel, ``free`` is in bytes, None if unknown.
    """
    budget = _budget(free) / pixel_bytes
    if width * height <= min(budget, largest.whole):
        return None
    side = int(math.sqrt(min(budget, largest.tile))) - 2 * halo
    return max(MINIMUM_SIDE, side // GRID * GRID)


def checkpoints_fit(width: int, height: int, checkpoint_bytes: float, free: int | None) -> bool:
    """True if there is memory for the checkpoints of all tiles of a picture.

    ``checkpoint_bytes`` are those of a pixel, ``free`` is as above.
    """
    return width * height * checkpoint_bytes <= min(_budget(free), MOST_KEPT)


def deep_side(shrinkage: int) -> int:
    """Return the side of the cells of a later stage, ``shrinkage`` halvings below the picture."""
    return int(math.sqrt(DEEP_TILE_PIXELS)) >> shrinkage


def receptive_halo(convolutions: Sequence[str]) -> int:
    """Return how far the last of the convolutions sees beyond a cell, in positions of the first.

    Every convolution sees one position further at its own size. Pooling sees nothing beyond,
    since cells end where its windows do.
    """
    shallowest = shrinkage(convolutions[0])
    return sum(2 ** (shrinkage(name) - shallowest) for name in convolutions)


def _budget(free: int | None) -> float:
    """Return the bytes that tiles, or their checkpoints, may take; of 8 GB where it is unknown."""
    return MEMORY_SHARE * (8 * 2**30 if free is None else free)


def _cells(length: int, side: int, grid: int, halo: int) -> list[tuple[int, int]]:
    """Return the bounds of cells along one axis: as few as ``side`` allows, in equally wide tiles.

    The first and the last cell are therefore larger, by the halo that they lack. A remainder
    smaller than the grid joins the last cell.
    """
    inside = max(grid, length - 2 * halo)
    number = math.ceil(inside / side)
    step = fast_width(math.ceil(inside / number) + 2 * halo) - 2 * halo
    stop = min(halo + number * step, length // grid * grid)
    return list(pairwise([0, *range(halo + step, stop, step), length]))


def _runs(start: int, stop: int, length: int) -> Iterator[tuple[int, int, int]]:
    """Yield the runs of positions modulo ``length``: offset from ``start``, position, length."""
    position = start
    while position < stop:
        run = min(stop - position, length - position % length)
        yield position - start, position % length, run
        position += run


def _rounded_up(length: int, grid: int) -> int:
    return -(-length // grid) * grid
