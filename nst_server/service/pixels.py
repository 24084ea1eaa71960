"""Bytes as they travel, and arrays as the engine wants them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nst_server.job import PictureShape

Floats = npt.NDArray[np.float32]

_SAMPLES: dict[str, np.dtype[Any]] = {
    "uint8": np.dtype("u1"),
    "uint16": np.dtype("<u2"),
    "float32": np.dtype("<f4"),
}


def _samples(pixels: Any, shape: PictureShape) -> npt.NDArray[Any]:
    """``pixels`` as height × width × channels of their own type, without a copy."""
    flat = np.frombuffer(pixels, _SAMPLES[shape.sample])
    return flat.reshape(shape.height, shape.width, shape.channels)


def to_floats(pixels: Any, shape: PictureShape) -> Floats:
    """Height × width × channels in [0, 1]; what is not a number becomes 0."""
    samples = _samples(pixels, shape)
    if samples.dtype.kind == "u":
        floats: Floats = samples.astype(np.float32)
        floats /= np.float32(np.iinfo(samples.dtype).max)
        return floats
    floats = np.nan_to_num(samples, posinf=1.0, neginf=0.0)
    return np.clip(floats, 0.0, 1.0, out=floats)


def split_alpha(floats: Floats) -> tuple[Floats, Floats | None]:
    """The colours, and the alpha as height × width if there is one."""
    if floats.shape[2] == 4:
        return np.ascontiguousarray(floats[..., :3]), np.ascontiguousarray(floats[..., 3])
    return floats, None


def paint_over(content: Any, shape: PictureShape, painting: Floats, mask: Floats | None) -> Any:
    """``content``'s bytes with the colours of ``painting`` (height × width × 3 in [0, 1]).

    The alpha stays as it is, and so does, byte for byte, every pixel where ``mask`` (height ×
    width) is 0 or the content is fully transparent.
    """
    before = _samples(content, shape)
    after = before.copy()
    clipped = np.clip(painting, 0.0, 1.0)
    if before.dtype.kind == "u":
        clipped = np.rint(clipped * np.float32(np.iinfo(before.dtype).max))
    after[..., :3] = clipped
    kept = np.zeros(before.shape[:2], bool)
    if mask is not None:
        kept |= mask == 0
    if shape.channels == 4:
        kept |= before[..., 3] == 0
    after[kept] = before[kept]
    return after.data.cast("B")
