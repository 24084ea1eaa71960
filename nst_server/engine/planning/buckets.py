"""Buckets: the few sizes that pictures of every proportion are painted at.

A program is compiled for one height and width. Margins fill a bucket up, so that photographs, crops
and upright pictures share programs. All sides here are without the margin that every picture gets.
"""

from __future__ import annotations

LARGEST_WHOLE = 10_000_000
"""Pixels of the largest picture in one piece. Of a larger one a single tile is in memory, however
much is free: content, gradient and history take much, and a worker is to stay below 6 GB at 24
megapixels. The coarser scale before that, of six megapixels, goes in one piece where enough is
free: 7.3 GB were measured."""

_GRID = 16
"""Sides are multiples of this, as widths are anyway (`fast_width`)."""

_FINE = 8
"""Sides from a power of two to the next at the finest scale, where whatever is added is work. They
meet 4:3 and 16:9 exactly, 3:2 to 3 %, whenever the longest side is one of them."""

_LONG, _SHORT = 4, 2
"""The same for longest and shortest side at coarser scales: their pictures may shrink to fit. With
two for both, a coarser scale could come to nearly the size of the next."""


def around(width: int, height: int) -> tuple[int, int]:
    """Return the smallest bucket that holds a picture of the finest scale."""
    bucket = _above(width, _FINE), _above(height, _FINE)
    return bucket if bucket[0] * bucket[1] <= LARGEST_WHOLE else (width, height)


def near(width: int, height: int) -> tuple[int, int]:
    """Return the bucket for a coarser scale of about that size, which may be smaller or larger."""
    longest = max(width, height)
    across, down = (_LONG if side == longest else _SHORT for side in (width, height))
    bucket = _nearest(width, across), _nearest(height, down)
    return bucket if bucket[0] * bucket[1] <= LARGEST_WHOLE else (width, height)


def _above(side: int, per_octave: int) -> int:
    step = _step(side, per_octave)
    return -(-side // step) * step


def _nearest(side: int, per_octave: int) -> int:
    above = _above(side, per_octave)
    below = max(2 * _GRID, above - _step(side, per_octave))
    return below if side - below < above - side else above


def _step(side: int, per_octave: int) -> int:
    """Distance of the sides in the octave that ``side`` is in, or at the end of."""
    octave = 1 << (side - 1).bit_length()
    return max(_GRID, octave // (2 * per_octave))
