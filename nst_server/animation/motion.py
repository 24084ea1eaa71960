"""Motion between two frames: block matching for each pixel, from coarse to fine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from nst_server.animation.neighborhood import Plane, mean_around

Pixels = npt.NDArray[np.float32]
"""Height × width × channels in [0, 1]."""

N = TypeVar("N", np.float32, np.int32)

Motion = npt.NDArray[np.int32]
"""Height × width × 2: rows and columns from a pixel to the place where it was before."""

_COARSEST = 24
"""Pixels. Shortest side at which matching begins; below, nothing is left to recognize."""
_BLOCK = 3
"""Pixels from the middle of a block to its border."""
_FIRST_REACH, _REACH = 8, 1
"""Pixels that a match is looked for in each direction, at the coarsest size and at finer ones."""
_ROUNDS = 2
"""Times that good matches spread to their neighbors."""
_STILLNESS = np.float32(2 / 255)
"""Gain over no motion that a match must bring: grain moves nothing."""
_OUTSIDE = np.float32(1)
"""Difference of a pixel from one beyond the border."""


def motion(before: Pixels, after: Pixels) -> Motion:
    """Whole pixels from each place in ``after`` to where it was in ``before``, of equal size.

    Where nothing in ``before`` looks like it, as behind what has moved away, it means nothing.
    """
    halves = [(before, after)]
    while min(halves[-1][0].shape[:2]) >= 2 * _COARSEST:
        halves.append((_half(halves[-1][0]), _half(halves[-1][1])))
    found = np.zeros((*halves[-1][0].shape[:2], 2), np.int32)
    for number, (old, new) in enumerate(reversed(halves)):
        if number:
            found = _doubled(found, *new.shape[:2])
        found = _improved(found, old, new, _REACH if number else _FIRST_REACH)
    return found


def moved(picture: npt.NDArray[N], by: Motion) -> npt.NDArray[N]:
    """The picture before, with everything where it is after ``by``; no pixel is a mixture."""
    return picture[_sources(by)]


def _improved(found: Motion, old: Pixels, new: Pixels, reach: int) -> Motion:
    """For each pixel the best of its own match, those near it, its neighbors' and none."""
    best = np.zeros_like(found)
    least = _difference(best, old, new) - _STILLNESS
    for candidate in chain(_candidates(found, reach), *(_neighbors(best) for _ in range(_ROUNDS))):
        difference = _difference(candidate, old, new)
        better = difference < least
        best[better], least[better] = candidate[better], difference[better]
    return best


def _candidates(found: Motion, reach: int) -> Iterator[Motion]:
    """The nearest first, so that a tie changes nothing."""
    steps = range(-reach, reach + 1)
    offsets = [(down, right) for down in steps for right in steps]
    for offset in sorted(offsets, key=lambda offset: abs(offset[0]) + abs(offset[1])):
        yield found + np.array(offset, np.int32)
    yield from _neighbors(found)


def _neighbors(found: Motion) -> Iterator[Motion]:
    for axis in (0, 1):
        for step in (-2 * _BLOCK, 2 * _BLOCK):
            yield np.roll(found, step, axis)


def _difference(by: Motion, old: Pixels, new: Pixels) -> Plane:
    """Mean difference of the block around each pixel from the block it is said to come from."""
    rows, columns = _places(by)
    height, width = new.shape[:2]
    outside = (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)
    apart = np.abs(new - old[_sources(by)]).mean(-1)
    apart[outside] = _OUTSIDE
    return mean_around(apart, _BLOCK)


def _sources(by: Motion) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    rows, columns = _places(by)
    return np.clip(rows, 0, by.shape[0] - 1), np.clip(columns, 0, by.shape[1] - 1)


def _places(by: Motion) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    rows, columns = np.indices(by.shape[:2])
    return rows + by[..., 0], columns + by[..., 1]


def _half(picture: Pixels) -> Pixels:
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    even = picture[:height, :width]
    quarters = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return np.asarray(quarters / 4, np.float32)


def _doubled(found: Motion, height: int, width: int) -> Motion:
    twice = 2 * found.repeat(2, 0).repeat(2, 1)
    more = ((0, height - twice.shape[0]), (0, width - twice.shape[1]), (0, 0))
    return np.pad(twice, more, mode="edge")
