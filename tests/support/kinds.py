"""Valid files of every kind, with what is right for each."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import imagecodecs
import numpy as np

from tests.support.patches import (
    ADOBE,
    ADOBE_GAMMA,
    GRAY,
    GRAY_ALPHA,
    P3,
    RGB,
    RGBA,
    SRGB_CHUNK,
    Array,
    Kind,
    adobe_exif,
    by_pillow,
    chromaticity_chunk,
    chunk,
    gamma_chunk,
    icc_chunk,
    in_space,
    light,
    one,
    png,
    profile,
    whole,
)
from tests.support.tiff_kinds import raws, tiffs


def every_kind() -> list[Kind]:
    """All of them."""
    return [*tiffs(), *raws(), *pngs(), *others(), *ordinary()]


def pngs() -> Iterator[Kind]:
    """PNG files that say their colors by chunks."""
    for bits in (8, 16):
        for picture in (RGB, GRAY):
            for gamma in (1.0, 1 / 1.8, 0.45455):
                numbers = light(picture) ** gamma
                data = png(whole(numbers, bits), gamma_chunk(gamma))
                name = f"gamma-{gamma:.2f}-{bits}-{picture.shape[2]}.png"
                yield Kind(name, data, picture, bits == 16, tolerance=8 / 255)
        adobe = whole(in_space(RGB, ADOBE, ADOBE_GAMMA), bits)
        both = gamma_chunk(1 / ADOBE_GAMMA), chromaticity_chunk(ADOBE)
        yield Kind(f"adobe-{bits}.png", png(adobe, *both), RGB, bits == 16, tolerance=4 / 255)
        icc = icc_chunk(profile(ADOBE, ADOBE_GAMMA))
        data = png(adobe, icc, gamma_chunk(1.0))
        yield Kind(f"profile-wins-{bits}.png", data, RGB, bits == 16, tolerance=4 / 255)
        data = png(whole(RGB, bits), SRGB_CHUNK, gamma_chunk(1.0))
        yield Kind(f"srgb-wins-{bits}.png", data, RGB, bits == 16)
    wide = in_space(RGB, ADOBE, 1.0)
    encoded = np.where(wide <= 0.0031308, wide * 12.92, 1.055 * wide ** (1 / 2.4) - 0.055)
    data = png(whole(encoded), chromaticity_chunk(ADOBE))
    yield Kind("chromaticities.png", data, RGB, tolerance=4 / 255)
    palette, places = np.unique(whole(light(RGB)).reshape(-1, 3), axis=0, return_inverse=True)
    indexed = places.reshape(*RGB.shape[:2], 1).astype(np.uint8)
    data = png(indexed, gamma_chunk(1.0), palette=palette)
    yield Kind("gamma-indexed.png", data, RGB, tolerance=8 / 255)
    for bits in (2, 4):
        yield _transparent_gray(bits)
    key = chunk(b"tRNS", struct.pack(">HHH", *[65535] * 3))
    alpha = (RGB != 1).any(-1, keepdims=True)
    data = png(whole(RGB, 16), key)
    yield Kind("transparent-color.png", data, np.dstack([RGB, alpha]), deep=True)


def _transparent_gray(bits: int) -> Kind:
    """A PNG whose white, and nothing else, is transparent."""
    gray = whole(GRAY, bits)
    packed = [np.packbits(np.unpackbits(row, axis=1)[:, 8 - bits :].reshape(-1)) for row in gray]
    header = struct.pack(">IIBBBBB", gray.shape[1], gray.shape[0], bits, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in packed))
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header)]
    parts += [chunk(b"tRNS", struct.pack(">H", 2**bits - 1)), chunk(b"IDAT", pixels)]
    rounded = gray / (2**bits - 1)
    data = b"".join([*parts, chunk(b"IEND", b"")])
    return Kind(f"transparent-white-{bits}.png", data, np.dstack([rounded, rounded != 1]))


def _tiff_with_exif(samples: Array, space: int, index: str) -> bytes:
    """A TIFF with the same EXIF; Pillow writes the place of its interoperability wrong."""
    data = bytearray(one(samples, extratags=[(34664, "I", 1, 0, True)]))
    place = data.index(struct.pack("<HHI", 34664, 4, 1))
    exif = len(data) + len(data) % 2
    interoperability = exif + 2 + 2 * 12 + 4
    struct.pack_into("<HHII", data, place, 34665, 4, 1, exif)
    data += bytes(len(data) % 2)
    data += struct.pack("<HHHIHxxHHIII", 2, 0xA001, 3, 1, space, 0xA005, 4, 1, interoperability, 0)
    data += struct.pack("<HHHI4sI", 1, 1, 2, 4, index.encode(), 0)
    return bytes(data)


def others() -> Iterator[Kind]:
    """Files of other formats."""
    best: dict[str, Any] = {"quality": 98, "subsampling": 0}
    adobe = whole(in_space(RGB, ADOBE, ADOBE_GAMMA))
    for space, index in ((65535, "R03"), (2, "R98")):
        exif = adobe_exif(space, index)
        yield Kind(
            f"exif-{space}.tif", _tiff_with_exif(adobe, space, index), RGB, tolerance=4 / 255
        )
        for kind, how in (("JPEG", best), ("PNG", {}), ("WEBP", {"lossless": True})):
            file = by_pillow(adobe, kind, exif=exif, **how)
            yield Kind(f"exif-{space}.{kind.lower()}", file, RGB, tolerance=8 / 255)
    data = by_pillow(whole(RGB), "JPEG", exif=adobe_exif(1, "R98"), **best)
    yield Kind("exif-says-srgb.jpeg", data, RGB, tolerance=8 / 255)
    yield from _deep_jpegs()
    yield from _jpegs_2000_with_profiles()
    numbers = in_space(RGB, P3, 1.0)
    p3 = np.where(numbers <= 0.0031308, numbers * 12.92, 1.055 * numbers ** (1 / 2.4) - 0.055)
    avif = imagecodecs.avif_encode(whole(p3), level=100, primaries=12, transfer=13)
    yield Kind("p3-by-numbers.avif", bytes(avif), RGB, tolerance=6 / 255)
    for bits in (10, 12):
        for picture in (RGB, RGBA):
            # imagecodecs says of more than 8 bits that they are linear.
            linear = np.dstack([light(picture[..., :3]), picture[..., 3:]])
            data = _jpeg_xl(whole(linear, bits), lossless=True, bitspersample=bits)
            name = f"{bits}-bits-{picture.shape[2]}.jxl"
            yield Kind(name, data, picture, deep=True, tolerance=4 / 255)
    tga = bytearray(by_pillow(np.dstack([whole(RGB), 0 * whole(GRAY)]), "TGA"))
    tga[17] &= 0xF0  # says that the fourth byte is no alpha
    yield Kind("no-alpha.tga", bytes(tga), RGB)
    for bits in (10, 12, 16):
        for picture in (RGB, GRAY, RGBA):
            for ending in ("jp2", "j2k"):
                data = _jpeg_2000(whole(picture, bits), bits, ending)
                name = f"{bits}-bits-{picture.shape[2]}.{ending}"
                yield Kind(name, data, picture, deep=True)
    for picture in (RGB, RGBA, GRAY, GRAY_ALPHA):
        data = _jpeg_xl(whole(picture), lossless=True)
        yield Kind(f"8-bits-{picture.shape[2]}.jxl", data, picture)
        lossy = _jpeg_xl(whole(picture), distance=0.5)
        yield Kind(f"lossy-{picture.shape[2]}.jxl", lossy, picture, tolerance=24 / 255)
        # imagecodecs says of 16 bits that they are linear.
        linear = np.dstack([light(picture[..., :3]), picture[..., 3:]])
        if picture.shape[2] <= 2:
            linear = np.dstack([light(picture[..., :1]), picture[..., 1:]])
        data = _jpeg_xl(whole(linear, 16), lossless=True)
        yield Kind(f"16-bits-{picture.shape[2]}.jxl", data, picture, deep=True)
    data = _jpeg_xl(RGB.astype(np.float32), lossless=True)
    yield Kind("floats.jxl", data, None, words=("GIMP",))
    radiance = imagecodecs.rgbe_encode(light(RGB).astype(np.float32), header=True)
    yield Kind("light.hdr", bytes(radiance), RGB, deep=True, tolerance=4 / 255)
    for name, start in {
        "image.xcf": b"gimp xcf v011\0",
        "photo.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "scene.exr": b"v/1\x01\2\0\0\0",
        "layers.psd": b"8BPS\0\1",
        "stars.fits": b"SIMPLE  =                    T",
        "floats.pfm": b"PF\n4 4\n-1.0\n",
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "letter.pdf": b"%PDF-1.7",
    }.items():
        yield Kind(name, start + bytes(64), None, words=("GIMP",))


def _deep_jpegs() -> Iterator[Kind]:
    """JPEG of more than 8 bits, with what is said beside the pixels."""
    adobe = whole(in_space(RGB, ADOBE, ADOBE_GAMMA), 12)
    how: dict[str, Any] = {"level": 98, "bitspersample": 12, "subsampling": "444"}
    for name, samples, exif in (
        ("12-bits.jpeg", whole(RGB, 12), b""),
        ("12-bits-exif.jpeg", adobe, adobe_exif()),
    ):
        data = bytes(imagecodecs.jpeg_encode(samples, **how))
        segment = b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif if exif else b""
        yield Kind(name, data[:2] + segment + data[2:], RGB, deep=True, tolerance=8 / 255)
    lossless = imagecodecs.jpeg_encode(
        whole(RGB, 16), lossless=True, bitspersample=16, colorspace="rgb", outcolorspace="rgb"
    )
    yield Kind("lossless-16-bits.jpeg", bytes(lossless), RGB, deep=True)


def _jpegs_2000_with_profiles() -> Iterator[Kind]:
    """JPEG 2000 in the color space of an ICC profile; and of few bits."""
    for bits in (8, 16):
        for picture, space in ((in_space(RGB, ADOBE, ADOBE_GAMMA), "rgb"), (light(GRAY), "gray")):
            gamma = ADOBE_GAMMA if space == "rgb" else 1.0
            icc = profile(ADOBE, gamma, space)
            data = _with_profile(_jpeg_2000(whole(picture, bits), bits, "jp2"), icc)
            right = RGB if space == "rgb" else GRAY
            name = f"profile-{space}-{bits}.jp2"
            yield Kind(name, data, right, bits == 16, tolerance=(8 if bits == 8 else 4) / 255)
    for bits in (2, 4, 5):
        right = whole(RGB, bits) / (2**bits - 1)
        yield Kind(f"{bits}-bits.jp2", _jpeg_2000(whole(RGB, bits), bits, "jp2"), right)


def _with_profile(jp2: bytes, icc: bytes) -> bytes:
    """The file with another colr box."""
    header = jp2.index(b"jp2h") - 4
    old = jp2.index(b"colr") - 4
    length = int.from_bytes(jp2[old : old + 4], "big")
    new = struct.pack(">I4sBBB", 11 + len(icc), b"colr", 2, 0, 0) + icc
    whole_header = int.from_bytes(jp2[header : header + 4], "big") + len(new) - length
    start = jp2[:header] + struct.pack(">I", whole_header) + jp2[header + 4 : old]
    return start + new + jp2[old + length :]


def _jpeg_xl(samples: Array, **how: Any) -> bytes:
    return bytes(imagecodecs.jpegxl_encode(np.squeeze(samples), **how))


def _jpeg_2000(samples: Array, bits: int, kind: str) -> bytes:
    plain = np.squeeze(samples)
    return bytes(imagecodecs.jpeg2k_encode(plain, 0, codecformat=kind, bitspersample=bits))


def ordinary() -> Iterator[Kind]:
    """Files that every reader reads, in each format."""
    for kind in ("BMP", "GIF", "PPM", "TGA", "WEBP", "AVIF", "JPEG", "JPEG2000", "PCX", "SGI"):
        how = {"lossless": True} if kind == "WEBP" else {}
        data = by_pillow(whole(RGB), kind, **how)
        lossy = kind in ("AVIF", "JPEG", "JPEG2000")
        yield Kind(f"ordinary.{kind.lower()}", data, RGB, tolerance=(24 if lossy else 1) / 255)
