"""A small picture of patches, and what writes files of it as they are met."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

Array = npt.NDArray[Any]

COLORS = (
    ((255, 255, 255), (190, 70, 50), (60, 150, 60), (0, 0, 0)),
    ((90, 150, 215), (128, 128, 128), (70, 60, 90), (225, 170, 140)),
)
SIDE = 8
"""Width and height of a patch."""


def enlarged(values: Any) -> Array:
    """One value for each patch, as height × width × channels."""
    grid = np.array(values, float).reshape(len(COLORS), len(COLORS[0]), -1)
    return grid.repeat(SIDE, 0).repeat(SIDE, 1)


RGB = enlarged(COLORS) / 255
GRAY = np.rint(RGB.mean(-1, keepdims=True) * 255) / 255
ALPHA = enlarged((255, 128, 64, 0, 255, 128, 64, 255)) / 255
RGBA = np.dstack([RGB, ALPHA])
GRAY_ALPHA = np.dstack([GRAY, ALPHA])
INK = np.dstack([1 - RGB, 0 * GRAY])
OTHER = 1 - RGB[::2, ::2]
"""Half as large, in opposite colors: a thumbnail that tells itself from the picture."""

SRGB = (0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)
ADOBE = (0.3127, 0.3290), (0.64, 0.33), (0.21, 0.71), (0.15, 0.06)
P3 = (0.3127, 0.3290), (0.68, 0.32), (0.265, 0.69), (0.15, 0.06)
ADOBE_GAMMA = 563 / 256


@dataclass(frozen=True)
class Kind:
    """A valid file, and what is right for it."""

    name: str
    """With the ending of the file."""
    data: bytes
    picture: Array | None
    """Values of 0 to 1: gray, RGB or with alpha; None for what has to be refused."""
    deep: bool = False
    """True if it is read with 16 bits."""
    tolerance: float = 1 / 255
    words: tuple[str, ...] = ()
    """Words of which the refusal has one."""

    def __str__(self) -> str:
        return self.name


def light(values: Array) -> Array:
    """Linear light from sRGB, IEC 61966-2-1."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _to_xyz(chromaticities: Any) -> Array:
    white, *primaries = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in chromaticities)
    matrix = np.transpose(primaries)
    return matrix * np.linalg.solve(matrix, white)


def in_space(values: Array, chromaticities: Any, gamma: float) -> Array:
    """Numbers of another space of the same white for colors of sRGB."""
    matrix = np.linalg.solve(_to_xyz(chromaticities), _to_xyz(SRGB))
    linear: Array = np.clip(light(values) @ matrix.T, 0, 1) ** (1 / gamma)
    return linear


def lab(values: Array) -> Array:
    """CIELAB for D50 (Bradford) of colors of sRGB: L of 0 to 100, a and b about 0."""
    to_d50 = np.array(
        [[0.43607, 0.38506, 0.14308], [0.22250, 0.71688, 0.06062], [0.01393, 0.09710, 0.71417]]
    )
    ratio = light(values) @ to_d50.T / to_d50.sum(1)
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def whole(values: Array, bits: int = 8) -> Array:
    """Integers of so many bits."""
    integers: Array = np.rint(values * (2**bits - 1))
    return integers.astype(np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32)


def profile(chromaticities: Any, gamma: float, space: str = "rgb") -> bytes:
    """An ICC profile of RGB or gray."""
    white, *primaries = chromaticities
    made: bytes = imagecodecs.cms_profile(
        space,
        whitepoint=[*white, 1],
        primaries=[number for x, y in primaries for number in (x, y, 1)],
        gamma=gamma,
    )
    return made


# TIFF


def tiff(*pages: tuple[Array, dict[str, Any]], byteorder: Any = "<") -> bytes:
    """A TIFF of pages, each with what tifffile is told of it."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file, byteorder=byteorder) as writer:
        for samples, how in pages:
            plain: Any = samples[..., 0] if samples.shape[-1] == 1 else samples
            options = {"photometric": "rgb", "metadata": None, "software": False} | how
            if bits := options.get("bitspersample"):
                options |= {"shape": plain.shape, "dtype": plain.dtype}
                plain = iter([_packed(plain, bits)])
            writer.write(plain, **options)
    return file.getvalue()


def _packed(samples: Array, bits: int) -> bytes:
    """Samples without room between them, the highest bit first; each row begins with a byte."""
    wide = samples.astype(">u2").reshape(len(samples), -1, 1).view(np.uint8)
    narrow = np.unpackbits(wide, axis=2)[..., 16 - bits :]
    return np.packbits(narrow.reshape(len(samples), -1), axis=1).tobytes()


def one(samples: Array, byteorder: Any = "<", **how: Any) -> bytes:
    """A TIFF of one page."""
    return tiff((samples, how), byteorder=byteorder)


# PNG


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def gamma_chunk(gamma: float) -> bytes:
    """GAMA: numbers are light to the power of this."""
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100000)))


def chromaticity_chunk(chromaticities: Any) -> bytes:
    """CHRM: white, red, green and blue."""
    numbers = [round(number * 100000) for point in chromaticities for number in point]
    return chunk(b"cHRM", struct.pack(">8I", *numbers))


def icc_chunk(data: bytes) -> bytes:
    """ICCP."""
    return chunk(b"iCCP", b"profile\0\0" + zlib.compress(data))


SRGB_CHUNK = chunk(b"sRGB", b"\0")


def png(samples: Array, *chunks: bytes, palette: Array | None = None) -> bytes:
    """A PNG with these chunks before its pixels; with a palette, samples are places in it."""
    height, width, channels = samples.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels] if palette is None else 3
    header = struct.pack(">IIBBBBB", width, height, 8 * samples.itemsize, kind, 0, 0, 0)
    rows = samples.astype(samples.dtype.newbyteorder(">"))
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), *chunks]
    if palette is not None:
        parts.append(chunk(b"PLTE", palette.tobytes()))
    pixels = b"".join(b"\0" + row.tobytes() for row in rows)
    return b"".join([*parts, chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b"")])


def adobe_exif(space: int = 65535, index: str = "R03") -> bytes:
    """EXIF as cameras say Adobe RGB."""
    exif = Image.Exif()
    exif[0x8769] = {0x9000: b"0230", 0xA001: space, 0xA005: {1: index, 2: b"0100"}}
    data: bytes = exif.tobytes()
    return data


def by_pillow(samples: Array, kind: str, **how: Any) -> bytes:
    """A file as Pillow writes it."""
    file = io.BytesIO()
    Image.fromarray(samples).save(file, kind, **how)
    return file.getvalue()
