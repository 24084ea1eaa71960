"""JPEG 2000: their color profile, and the more than 8 bits that Pillow rounds into black."""

from __future__ import annotations

import struct
from dataclasses import replace

import imagecodecs
import numpy as np

from nst_server.pictures.reading import pillow_reader
from nst_server.pictures.reading.boxes import boxes
from nst_server.pictures.reading.decoded import Decoded, NotReadError, check_size
from nst_server.pictures.samples import in_full_range

FILE_MAGIC = b"\0\0\0\x0cjP  \r\n\x87\n"
CODESTREAM_MAGIC = b"\xff\x4f\xff\x51"

_ENUMERATED, _ICC = 1, 2
"""Methods by which a colr box says its color space."""
_CMYK, _SRGB, _GRAY = 12, 16, 17
"""Enumerated color spaces that need no conversion of ours."""


def decode(data: bytes) -> Decoded:
    """The picture, in 16 bits if any of its components has more than 8."""
    profile, space, has_palette = _header(data)
    bits, channels = _components(data)
    if set(bits) == {8} or (has_palette and max(bits) <= 8):
        return replace(pillow_reader.decode(data), profile=profile)
    if (
        min(bits) != max(bits)
        or max(bits) > 16
        or channels > 4
        or space not in _PLAIN
        or has_palette
    ):
        raise NotReadError("is a JPEG 2000 file of a rare kind")
    # The codestream alone: of a whole file imagecodecs would apply the profile, wrongly to gray.
    codestream = data[data.index(CODESTREAM_MAGIC) :]
    decoded = np.asarray(imagecodecs.jpeg2k_decode(codestream))
    samples = in_full_range(decoded.reshape(*decoded.shape[:2], -1), max(bits))
    if space == _CMYK or samples.shape[2] in (1, 3):
        return Decoded(samples, None, profile)
    return Decoded(samples[..., :-1], samples[..., -1], profile)


_PLAIN = (None, _CMYK, _SRGB, _GRAY)


def _header(data: bytes) -> tuple[bytes | None, int | None, bool]:
    """ICC profile, enumerated color space, and whether there is a palette.

    A bare codestream has none of them.
    """
    if not data.startswith(FILE_MAGIC):
        return None, None, False
    header = next((content for kind, content in boxes(data) if kind == b"jp2h"), b"")
    found = list(boxes(header))
    has_palette = any(kind == b"pclr" for kind, _ in found)
    for kind, content in found:
        if kind == b"colr" and len(content) > 3:
            if content[0] == _ICC:
                return content[3:], None, has_palette
            if content[0] == _ENUMERATED:
                return None, int.from_bytes(content[3:7], "big"), has_palette
    return None, None, has_palette


def _components(data: bytes) -> tuple[list[int], int]:
    """Bits of each component, from the codestream's SIZ segment, and their number."""
    start = data.index(CODESTREAM_MAGIC) + len(CODESTREAM_MAGIC)
    _, _, right, bottom, left, top, *_, channels = struct.unpack_from(">HH8IH", data, start)
    check_size(right - left, bottom - top, channels)
    depths = data[start + 38 : start + 38 + 3 * channels : 3]
    if any(depth & 0x80 for depth in depths):
        raise NotReadError("is a JPEG 2000 file of signed numbers")
    return [depth + 1 for depth in depths], channels
