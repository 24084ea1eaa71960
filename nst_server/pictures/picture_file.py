"""A picture from a file, as it is painted: samples in sRGB, and what the result takes over."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from nst_server.pictures.metadata import Metadata
from nst_server.pictures.samples import Samples, eight_bits
from nst_server.values.job import PictureShape


@dataclass(frozen=True)
class PictureFile:
    """A picture from a file: upright samples in sRGB, and what the result takes over."""

    samples: Samples
    """Height × width × channels: 1 for a mask, 3 for RGB, 4 for RGB with straight alpha."""
    profile: bytes | None = None
    """ICC profile of the result; None for sRGB without a profile."""
    original: Samples | None = None
    """The colors as they are in `profile`; None if that is sRGB."""
    metadata: Metadata = field(default_factory=Metadata)

    @cached_property
    def shape(self) -> PictureShape:
        """Size, channels and sample type, as a job states them."""
        height, width, channels = self.samples.shape
        return PictureShape(width, height, channels, self.samples.dtype.name)

    @cached_property
    def pixels(self) -> memoryview:
        """Bytes of the samples, which are sent with a job."""
        return np.ascontiguousarray(self.samples).data.cast("B")

    def image(self) -> Image.Image:
        """The picture in eight bits, for display."""
        return image_of(eight_bits(self.samples))


def plain(width: int, height: int, picture: PictureFile) -> PictureFile:
    """A picture of the given size, filled with the mean color of ``picture``."""
    premultiplied = picture.image().convert("RGBA").convert("RGBa")
    mean = premultiplied.resize((1, 1), Image.Resampling.BOX).convert("RGBA").convert("RGB")
    return PictureFile(np.tile(np.asarray(mean), (height, width, 1)))


def blend(content: PictureFile, result: Any, mask: PictureFile | None) -> Samples:
    """Lay the result (bytes, or samples) over the content, through the mask."""
    before = content.samples
    painted = np.frombuffer(result, before.dtype).reshape(before.shape)
    if mask is None:
        return painted
    amount = mask.samples[..., 0]
    blended = np.where((amount == 255)[..., np.newaxis], painted, before)
    soft = (amount > 0) & (amount < 255)
    share = amount[soft, np.newaxis] / np.float32(255)
    mixed = painted[soft] * share + before[soft] * (1 - share)
    blended[soft] = mixed if before.dtype.kind == "f" else np.rint(mixed)
    return blended


def image_of(samples: Samples) -> Image.Image:
    """Samples of 8 bits as an image."""
    return Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
