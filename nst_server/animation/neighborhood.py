"""Means and least values over the square around each pixel, in numpy alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
"""One number a pixel, height × width."""


def mean_around(plane: Plane, radius: int) -> Plane:
    """The mean over the square of side 2 · ``radius`` + 1; borders are repeated outwards."""
    for axis in (0, 1):
        summed = np.cumsum(_extended(plane, radius, axis), axis, dtype=np.float64)
        length, width = plane.shape[axis], 2 * radius + 1
        first = np.zeros_like(summed.take([0], axis))
        below = np.concatenate([first, summed.take(range(length - 1), axis)], axis)
        over = summed.take(range(width - 1, width - 1 + length), axis)
        plane = np.asarray((over - below) / width, np.float32)
    return plane


def least_around(plane: Plane, radius: int) -> Plane:
    """The least value in the square of side 2 · ``radius`` + 1."""
    for axis in (0, 1):
        wide, length = _extended(plane, radius, axis), plane.shape[axis]
        shifted = [wide.take(range(at, at + length), axis) for at in range(2 * radius + 1)]
        plane = np.minimum.reduce(shifted)
    return plane


def _extended(plane: Plane, radius: int, axis: int) -> Plane:
    around = [(radius, radius) if each == axis else (0, 0) for each in (0, 1)]
    return np.pad(plane, around, mode="edge")
