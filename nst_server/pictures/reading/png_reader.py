"""PNG files: their color chunks, and the 16 bits that Pillow halves."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import replace

import imagecodecs
import numpy as np

from nst_server.pictures import color_profiles
from nst_server.pictures.metadata import Metadata, exif_of, orientation
from nst_server.pictures.reading import pillow_reader
from nst_server.pictures.reading.decoded import Decoded, check_size

MAGIC = b"\x89PNG\r\n\x1a\n"

_BITS_OFFSET = 24
_GRAY_KINDS = (0, 4)
_GAMMAS = range(16, 625_000_001)
"""Values of gAMA that libpng believes, in 1/100,000."""


def decode(data: bytes) -> Decoded:
    """The picture, with a profile made of gAMA and cHRM as GIMP does."""
    chunks = dict(_chunks_before_pixels(data))
    kind = data[_BITS_OFFSET + 1]
    check_size(*struct.unpack(">II", data[16:_BITS_OFFSET]))
    decoded = _decode_deep(data) if data[_BITS_OFFSET] == 16 else pillow_reader.decode(data)
    if kind == 0 and data[_BITS_OFFSET] in (2, 4) and b"tRNS" in chunks:
        decoded = _with_transparent_gray(decoded, chunks[b"tRNS"], data[_BITS_OFFSET])
    metadata = replace(decoded.metadata, cicp=chunks.get(b"cICP"))
    if b"iCCP" in chunks or b"sRGB" in chunks:
        profile = None if b"sRGB" in chunks and b"iCCP" not in chunks else decoded.profile
    else:
        profile = _generated(chunks, kind in _GRAY_KINDS) or decoded.profile
    return replace(decoded, profile=profile, metadata=metadata)


def _decode_deep(data: bytes) -> Decoded:
    samples = np.asarray(imagecodecs.png_decode(data), np.uint16)
    samples = samples.reshape(*samples.shape[:2], -1)
    channels = 1 if samples.shape[2] <= 2 else 3
    alpha = samples[..., channels] if samples.shape[2] > channels else None
    try:
        with pillow_reader.opened(data) as image:
            profile, turn = pillow_reader.profile_of(image), orientation(exif_of(image))
            return Decoded(samples[..., :channels], alpha, profile, turn, Metadata.of(image))
    except Exception:  # Pillow calls a PNG damaged for less; only metadata is lost
        return Decoded(samples[..., :channels], alpha)


def _with_transparent_gray(decoded: Decoded, key: bytes, bits: int) -> Decoded:
    """Make one gray transparent; Pillow compares the key with gray that it has scaled to 8 bits."""
    gray = int.from_bytes(key, "big") * 255 // (2**bits - 1)
    alpha = np.where(decoded.colors[..., 0] == gray, 0, 255).astype(np.uint8)
    return replace(decoded, alpha=alpha)


def _chunks_before_pixels(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents; those after the pixels are not about color."""
    file = io.BytesIO(data[len(MAGIC) :])
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name == b"IDAT":
            return
        yield name, file.read(length)
        file.seek(4, io.SEEK_CUR)


def _generated(chunks: dict[bytes, bytes], gray: bool) -> bytes | None:
    """A profile from gAMA and cHRM, with sRGB's curve or primaries for the one that is missing.

    None if both are missing or mean nothing.
    """
    gamma = _gamma(chunks.get(b"gAMA", b""))
    chromaticities = _chromaticities(chunks.get(b"cHRM", b""))
    if gamma is None and chromaticities is None:
        return None
    return color_profiles.generated(gamma, chromaticities, gray)


def _gamma(chunk: bytes) -> float | None:
    """The exponent from numbers to light, which is 1 / gAMA."""
    if len(chunk) != 4 or (value := int.from_bytes(chunk, "big")) not in _GAMMAS:
        return None
    return 100_000 / value


def _chromaticities(chunk: bytes) -> color_profiles.Chromaticities | None:
    if len(chunk) != 32:
        return None
    white, *primaries = ((x / 100_000, y / 100_000) for x, y in struct.iter_unpack(">II", chunk))
    red, green, blue = primaries
    return color_profiles.Chromaticities(white, red, green, blue)
