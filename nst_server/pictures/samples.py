"""Pixels as arrays: depth, alpha and orientation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.unsignedinteger[Any]]
"""Pixels as height × width × channels, of 8 or 16 bits."""

_STRIP_ROWS = 256


def in_full_range(samples: npt.NDArray[Any], bits: int) -> Samples:
    """Unsigned integers of ``bits`` bits as 8 bits, or as 16 where there are more than 8.

    Both black and white stay what they are: 4095 of 12 bits becomes 65535.
    """
    wanted: type[np.unsignedinteger[Any]] = np.uint8 if bits <= 8 else np.uint16
    if bits in (8, 16):
        return np.asarray(samples, wanted)  # in native byte order
    if bits > 16:
        return np.asarray(samples >> (bits - 16), wanted)
    top = 2**bits - 1
    table = np.rint(np.linspace(0, np.iinfo(wanted).max, top + 1)).astype(wanted)
    return np.asarray(table[np.minimum(samples, top)])


def from_floats(values: npt.NDArray[Any]) -> Samples:
    """Floats of 0 to 1 as 16 bits; what lies outside is clipped, and NaN is black."""
    samples = np.empty(values.shape, np.uint16)
    for rows in strips(len(values)):
        finite = np.nan_to_num(values[rows].astype(np.float32), posinf=1.0, neginf=0.0)
        samples[rows] = np.rint(np.clip(finite, 0, 1) * np.float32(65535))
    return samples


def straight(colors: Samples, alpha: Samples) -> Samples:
    """Colors that were multiplied with their alpha, divided by it again."""
    top = np.iinfo(colors.dtype).max
    divided = np.empty_like(colors)
    for rows in strips(len(colors)):
        by = np.maximum(alpha[rows, :, np.newaxis], 1).astype(np.float32) / np.float32(top)
        divided[rows] = np.rint(np.minimum(colors[rows] / by, top))
    return divided


def upright(samples: Samples, orientation: int) -> Samples:
    """Rows and columns turned upright. ``orientation`` is EXIF's, 1 to 8; any other turns nothing.

    Works for channels too, as height × width.
    """
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return samples


def eight_bits(samples: Samples) -> Samples:
    """Samples of 8 or 16 bits, in 8."""
    if samples.dtype == np.uint8:
        return samples
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)


def strips(height: int) -> Iterator[slice]:
    """Rows to work at by themselves, so that a large picture needs little memory beside it."""
    for top in range(0, height, _STRIP_ROWS):
        yield slice(top, min(top + _STRIP_ROWS, height))
