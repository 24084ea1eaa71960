"""Conversion between the bytes of pictures as they travel and the arrays of the engine.

It goes strip by strip, so that no more of a picture is in memory than the engine's own arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_server.values.job import PictureShape
from nst_server.wire.spool import Spool

Floats = npt.NDArray[np.float32]

_SAMPLES: dict[str, np.dtype[Any]] = {
    "uint8": np.dtype("u1"),
    "uint16": np.dtype("<u2"),
    "float32": np.dtype("<f4"),
}
_STRIP_SAMPLES = 2**19
"""Samples of a strip, which fit into a processor's cache."""


def read_picture(pixels: Spool, shape: PictureShape) -> tuple[Floats, Floats | None]:
    """Return height × width × 3 colors in [0, 1], and height × width alpha if there is one.

    NaN becomes 0.
    """
    colors = np.empty((shape.height, shape.width, 3), np.float32)
    alpha = None
    if shape.channels == 4:
        alpha = np.empty((shape.height, shape.width), np.float32)
    for rows in _strips(shape):
        floats = _floats(_samples(pixels, shape, rows))
        for channel in range(3):  # much faster than all three at once
            colors[rows, :, channel] = floats[..., channel]
        if alpha is not None:
            alpha[rows] = floats[..., 3]
    return colors, alpha


def read_mask(pixels: Spool, shape: PictureShape) -> Floats:
    """Return height × width in [0, 1]; NaN becomes 0."""
    mask = np.empty((shape.height, shape.width), np.float32)
    for rows in _strips(shape):
        mask[rows] = _floats(_samples(pixels, shape, rows))[..., 0]
    return mask


def paint_over(pixels: Spool, shape: PictureShape, painting: Floats, mask: Floats | None) -> None:
    """Put the colors of ``painting`` (height × width × 3 in [0, 1]) over those of a picture.

    The alpha stays as it is, and so does, byte for byte, every pixel where ``mask`` (height ×
    width) is 0 or the picture is fully transparent.
    """
    for rows in _strips(shape):
        samples = _samples(pixels, shape, rows)
        painted = np.clip(painting[rows], 0.0, 1.0)
        if samples.dtype.kind == "u":
            painted *= np.float32(np.iinfo(samples.dtype).max)
            np.rint(painted, out=painted)
        changes = None if mask is None else mask[rows] != 0
        if shape.channels == 4:
            opaque = samples[..., 3] != 0
            changes = opaque if changes is None else changes & opaque
        everywhere = changes is None or bool(changes.all())
        for channel in range(3):
            if everywhere:
                samples[..., channel] = painted[..., channel]
            else:
                np.copyto(
                    samples[..., channel], painted[..., channel], where=changes, casting="unsafe"
                )
        pixels.write(_start(shape, rows), samples)


def _strips(shape: PictureShape) -> Iterator[slice]:
    """Yield the rows of a picture, strip by strip."""
    count = max(1, _STRIP_SAMPLES // (shape.width * shape.channels))
    for top in range(0, shape.height, count):
        yield slice(top, min(shape.height, top + count))


def _start(shape: PictureShape, rows: slice) -> int:
    return int(rows.start) * (shape.size_in_bytes // shape.height)


def _samples(pixels: Spool, shape: PictureShape, rows: slice) -> npt.NDArray[Any]:
    """Read rows as height × width × channels of their own type; a copy that may be changed."""
    size = rows.stop - rows.start, shape.width, shape.channels
    samples = np.empty(size, _SAMPLES[shape.sample])
    pixels.read_into(_start(shape, rows), samples)
    return samples


def _floats(samples: npt.NDArray[Any]) -> Floats:
    if samples.dtype.kind == "u":
        floats: Floats = samples / np.float32(np.iinfo(samples.dtype).max)
        return floats
    floats = np.fmax(samples, np.float32(0))  # ignores NaN
    np.fmin(floats, np.float32(1), out=floats)
    return floats
