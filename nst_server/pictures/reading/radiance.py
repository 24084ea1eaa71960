"""Radiance pictures (.hdr): linear light, of which GIMP and we show what is not beyond white."""

from __future__ import annotations

import re

import imagecodecs
import numpy as np

from nst_server.pictures.reading.decoded import Decoded, NotReadError, check_size
from nst_server.pictures.samples import from_floats, strips

MAGIC = b"#?RADIANCE", b"#?RGBE"

_HEADER = re.compile(rb"\n\n-Y (\d{1,9}) \+X (\d{1,9})\n")
"""End of the header, in the one order of rows and columns that the decoder knows."""


def decode(data: bytes) -> Decoded:
    """The picture as sRGB of 16 bits."""
    found = _HEADER.search(data, 0, 65536)
    if found is None or b"32-bit_rle_xyze" in data[: found.start()]:
        raise NotReadError("is a Radiance picture of a rare kind")
    height, width = map(int, found.groups())
    check_size(width, height)
    light = imagecodecs.rgbe_decode(data)
    colors = np.empty(light.shape, np.uint16)
    for rows in strips(len(light)):
        colors[rows] = from_floats(_srgb_from_light(light[rows]))
    return Decoded(colors)


def _srgb_from_light(light: np.ndarray) -> np.ndarray:
    """Transfer function of IEC 61966-2-1."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
