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

from nst_server.engine.network.vgg import shrinkage
from nst_server.engine.planning.buckets import LARGEST_WHOLE
from nst_server.engine.planning.widths import fast_width
from nst_server.values.geometry import Box

GRID = 16
"""Sides that are chosen by memory are multiples of this."""

MINIMUM_SIDE = 128
"""Shortest side of a cell: smaller tiles are nearly all halo."""

MEMORY_SHARE = 0.4
"""Share of the free memory for feature maps, and the same again for checkpoints of tiles."""

TILE_PIXELS = {"bfloat16": 800_000, "float32": 400_000}
"""Most pixels of a tile, by precision: beyond this the halo is a small part of the work anyway, and
a megapixel takes 640 MB on its way back in bfloat16."""

MOST_KEPT = 1.4e9
"""Most bytes of the checkpoints of all tiles of a picture, however much is free: those of more than
50 megapixels, whose pictures take most of the memory already, are not kept."""

DEEP_TILE_PIXELS = 3_000_000
"""Pixels of the picture that a cell of a later stage covers: its checkpoints are smaller than those
of the first stage, and so are halos in proportion."""


Span = tuple[int, int]
"""Where something begins along an axis, and where it ends."""


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
    picture ``wraps``: then they continue outside. Tiles and cells begin on the grid. All tiles have
    one size, and a `fast_width`; where a side of the picture is no multiple of the grid, the last
    ones are larger by less than that.
    """
    around = _rounded_up(halo, grid)
    columns, rows = (_spans(length, side, grid, around, wraps) for length in (width, height))
    for (top, bottom), (outer_top, outer_bottom) in rows:
        for (left, right), (outer_left, outer_right) in columns:
            yield Tile(
                Box(outer_left, outer_top, outer_right - outer_left, outer_bottom - outer_top),
                Box(left, top, right - left, bottom - top),
            )


def pieces(box: Box, width: int, height: int) -> Iterator[tuple[Box, Box]]:
    """Cut ``box`` at the borders of a picture that wraps; yield pieces in picture and box."""
    for down, top, rows in _runs(box.y, box.bottom, height):
        for right, left, columns in _runs(box.x, box.right, width):
            yield Box(left, top, columns, rows), Box(right, down, columns, rows)


def side_by_memory(
    width: int, height: int, precision: str, pixel_bytes: int, halo: int, free: int | None
) -> int | None:
    """Return the side of the cells that a picture must be cut into; None if it fits in one piece.

    ``pixel_bytes`` is the peak memory of a step per pixel, ``free`` is in bytes, None if unknown.
    """
    budget = _budget(free) / pixel_bytes
    if width * height <= min(budget, LARGEST_WHOLE):
        return None
    side = int(math.sqrt(min(budget, TILE_PIXELS[precision]))) - 2 * halo
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


def _cells(length: int, side: int, grid: int, halo: int) -> list[Span]:
    """Return the bounds of cells along one axis: as few as ``side`` allows, in equally wide tiles.

    The first and the last cell are therefore larger, by the halo that they lack. A remainder
    smaller than the grid joins the last cell.
    """
    inside = max(grid, length - 2 * halo)
    number = math.ceil(inside / side)
    step = fast_width(math.ceil(inside / number) + 2 * halo) - 2 * halo
    stop = min(halo + number * step, length // grid * grid)
    return list(pairwise([0, *range(halo + step, stop, step), length]))


def _spans(length: int, side: int, grid: int, halo: int, wraps: bool) -> list[tuple[Span, Span]]:
    """Return the bounds of cells along one axis, each with those of its tile.

    The last cell is what the others leave: not its tile is shorter but its halo longer.
    """
    cells = _cells(length, side, grid, 0 if wraps else halo)
    outside = halo if wraps else 0
    tiles = [
        (max(-outside, start - halo), min(length + outside, stop + halo)) for start, stop in cells
    ]
    longest = max(stop - start for start, stop in tiles)
    start, stop = tiles[-1]
    tiles[-1] = max(-outside, min(start, (stop - longest) // grid * grid)), stop
    return list(zip(cells, tiles, strict=True))


def _runs(start: int, stop: int, length: int) -> Iterator[tuple[int, int, int]]:
    """Yield the runs of positions modulo ``length``: offset from ``start``, position, length."""
    position = start
    while position < stop:
        run = min(stop - position, length - position % length)
        yield position - start, position % length, run
        position += run


def _rounded_up(length: int, grid: int) -> int:
    return -(-length // grid) * grid
