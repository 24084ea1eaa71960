"""Valid TIFF files of every kind, and cameras' raw files, with what is right for each."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from tests.support.patches import (
    ALPHA,
    GRAY,
    GRAY_ALPHA,
    INK,
    OTHER,
    RGB,
    RGBA,
    Array,
    Kind,
    lab,
    light,
    one,
    tiff,
    whole,
)


def _gray(**how: Any) -> dict[str, Any]:
    return {"photometric": "minisblack", "planarconfig": "contig", **how}


def _orientation(number: int) -> dict[str, Any]:
    return {"extratags": [(274, "H", 1, number, True)]}


def tiffs() -> Iterator[Kind]:
    """TIFF files that readers get wrong."""
    for bits in (10, 12, 14):
        for order, name in (("<", "little"), (">", "big")):
            for picture, how in ((RGB, {}), (GRAY, _gray())):
                data = one(whole(picture, bits), order, bitspersample=bits, **how)
                yield Kind(f"{bits}-bits-{name}-{picture.shape[2]}.tif", data, picture, deep=True)
    for bits in (2, 4):
        rounded = np.rint(GRAY * (2**bits - 1)) / (2**bits - 1)
        data = one(whole(GRAY, bits), bitspersample=bits, **_gray())
        yield Kind(f"{bits}-bits.tif", data, rounded)
    yield Kind("1-bit.tif", one(GRAY > 0.5, **_gray()), np.where(GRAY > 0.5, 1.0, 0.0))
    yield from _tiffs_with_alpha()
    yield from _tiffs_of_pages()
    yield from _tiffs_of_numbers()
    yield from _tiffs_of_colors()
    for number in (0, 9, 77):
        for bits in (8, 16):
            data = one(whole(RGB, bits), **_orientation(number))
            yield Kind(f"orientation-{number}-{bits}.tif", data, RGB, deep=bits == 16)
    for bits in (8, 16):
        planes = np.ascontiguousarray(np.moveaxis(whole(RGB, bits), -1, 0))
        yield Kind(f"planes-{bits}.tif", one(planes, planarconfig="separate"), RGB, bits == 16)


def _tiffs_with_alpha() -> Iterator[Kind]:
    for bits in (8, 16):
        for kind in ("assocalpha", "unassalpha"):
            for picture, how in ((RGBA, {}), (GRAY_ALPHA, _gray())):
                stored = np.array(picture)
                if kind == "assocalpha":
                    stored[..., :-1] *= ALPHA
                data = one(whole(stored, bits), extrasamples=[kind], **how)
                name = f"{kind}-{bits}-{picture.shape[2]}.tif"
                yield Kind(name, data, picture, bits == 16, tolerance=4 / 255)
    multiplied = np.dstack([RGB * ALPHA, ALPHA])
    for dtype in (np.float16, np.float32):
        data = one(multiplied.astype(dtype), extrasamples=["assocalpha"])
        yield Kind(f"assocalpha-{np.dtype(dtype).name}.tif", data, RGBA, True, 4 / 255)
    more = np.dstack([RGB, 1 - ALPHA, ALPHA])
    data = one(whole(more), extrasamples=["unspecified", "unassalpha"], planarconfig="contig")
    yield Kind("alpha-is-fifth.tif", data, RGBA)


def _tiffs_of_pages() -> Iterator[Kind]:
    reduced, main = (whole(OTHER), {"subfiletype": 1}), (whole(RGB), {"subfiletype": 0})
    old = {"extratags": [(255, "H", 1, 2, True)]}
    yield Kind("reduced-first.tif", tiff(reduced, main), RGB)
    yield Kind("reduced-first-deep.tif", tiff(reduced, (whole(RGB, 16), {})), RGB, deep=True)
    yield Kind("old-reduced-first.tif", tiff((whole(OTHER), old), main), RGB)
    yield Kind("reduced-last.tif", tiff(main, reduced), RGB)
    yield Kind("two-pages.tif", tiff(main, (whole(OTHER), {})), RGB)
    below = tiff((whole(OTHER), {"subfiletype": 1, "subifds": 1}), main)
    yield Kind("main-below-reduced.tif", below, RGB)


def _tiffs_of_numbers() -> Iterator[Kind]:
    for dtype in (np.float16, np.float32, np.float64):
        name = f"{np.dtype(dtype).name}.tif"
        yield Kind(name, one(RGB.astype(dtype)), RGB, deep=True)
    beyond = np.where(RGB == 1, 8, RGB)
    yield Kind("beyond-white.tif", one(beyond.astype(np.float32)), RGB, deep=True)
    yield Kind("32-bits.tif", one(whole(RGB, 32)), RGB, deep=True)
    words = ("float", "0 to 1")
    for white in (100, 255, 65535):
        data = one((RGB * white).astype(np.float32))
        yield Kind(f"floats-to-{white}.tif", data, None, words=words)
    signed = (RGB * 2 - 1).astype(np.float32)
    yield Kind("floats-from-minus-one.tif", one(signed), None, words=words)
    for integers in (np.int8, np.int16, np.int32):
        data = one((GRAY * 100).astype(integers), **_gray())
        yield Kind(f"{np.dtype(integers).name}.tif", data, None, words=("signed",))
    yield Kind("complex.tif", one(GRAY.astype(np.complex64), **_gray()), None, words=("TIFF",))


def _tiffs_of_colors() -> Iterator[Kind]:
    L, opponents = lab(RGB)[..., :1], lab(RGB)[..., 1:]  # noqa: N806 - as it is called
    for bits, signed, unsigned in ((8, np.int8, np.uint8), (16, np.int16, np.uint16)):
        step, top = 2 ** (bits - 8), 2**bits - 1
        whole_opponents = np.rint(opponents * step)
        plain = np.dstack([np.rint(L * top / 100), whole_opponents.astype(signed).view(unsigned)])
        data = one(plain.astype(unsigned), photometric="cielab")
        yield Kind(f"lab-{bits}.tif", data, RGB, bits == 16, tolerance=6 / 255)
        white = 0xFF00 if bits == 16 else top
        icc = np.dstack([np.rint(L * white / 100), whole_opponents + 2 ** (bits - 1)])
        data = one(icc.astype(unsigned), photometric="icclab")
        yield Kind(f"icc-lab-{bits}.tif", data, RGB, bits == 16, tolerance=6 / 255)
        inks = one(whole(INK, bits), photometric="separated")
        yield Kind(f"inks-{bits}.tif", inks, RGB, bits == 16)
        with_alpha = whole(np.dstack([INK, ALPHA]), bits)
        data = one(with_alpha, photometric="separated", extrasamples=["unassalpha"])
        yield Kind(f"inks-alpha-{bits}.tif", data, RGBA, bits == 16)
    palette, places = np.unique(whole(RGB).reshape(-1, 3), axis=0, return_inverse=True)
    colormap = np.zeros((3, 256), np.uint16)
    colormap[:, : len(palette)] = palette.T * np.uint16(257)
    indexed = places.reshape(*RGB.shape[:2], 1).astype(np.uint8)
    how = {"photometric": "palette", "colormap": colormap}
    yield Kind("indexed.tif", one(indexed, **how), RGB)
    for bits in (8, 16):
        for name, value in (("tile", (16, 16)), ("predictor", True), ("rowsperstrip", 5)):
            data = one(whole(RGB, bits), compression="lzw", **{name: value})
            yield Kind(f"lzw-{name}-{bits}.tif", data, RGB, bits == 16)
    black_and_white = np.zeros((3, 2), np.uint16)
    black_and_white[0, 1] = black_and_white[1, 0] = 65535
    two = np.where(GRAY > 0.5, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    data = _as_palette(one(GRAY > 0.5, **_gray()), black_and_white)
    yield Kind("indexed-1-bit.tif", data, two)
    spot = np.dstack([INK, 0 * GRAY])
    how = {"photometric": "separated", "extrasamples": ["unspecified"]}
    yield Kind("spot-color.tif", one(whole(spot), **how), RGB)
    for compression in ("zlib", "packbits", "zstd", "lzma", "jpeg", "webp", "jpegxl", "jpeg2000"):
        data = one(whole(RGB), compression=compression)
        yield Kind(f"{compression}.tif", data, RGB, tolerance=24 / 255)
    for fax in ("group3", "group4", "tiff_ccitt"):
        file = io.BytesIO()
        Image.fromarray(GRAY[..., 0] > 0.5).save(file, "TIFF", compression=fax)
        black_or_white = np.where(GRAY > 0.5, 1.0, 0.0)
        yield Kind(f"{fax}.tif", file.getvalue(), black_or_white)
    data = one(whole(RGB), compression="jpegxr")
    yield Kind("jpegxr.tif", data, None, words=("rare compression",))
    for mode in ("YCbCr", "L"):
        file = io.BytesIO()
        Image.fromarray(whole(RGB)).convert(mode).save(file, "TIFF", compression="tiff_lzw")
        right = RGB if mode == "YCbCr" else np.asarray(Image.open(file))[..., np.newaxis] / 255
        yield Kind(f"lzw-{mode}.tif", file.getvalue(), right, tolerance=3 / 255)


def _as_palette(data: bytes, colormap: Array) -> bytes:
    """The same TIFF with its gray values as places in a palette, which tifffile cannot write."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        pixels = data[page.dataoffsets[0] :][: page.databytecounts[0]]
    height, width = page.imagelength, page.imagewidth
    tags = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 1, 1), (259, 3, 1, 1), (262, 3, 1, 3)]
    end = 8 + 2 + 12 * 9 + 4
    tags += [(273, 4, 1, end), (278, 3, 1, height), (279, 4, 1, len(pixels))]
    tags += [(320, 3, colormap.size, end + len(pixels))]
    directory = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    return head + directory + bytes(4) + pixels + colormap.astype("<u2").tobytes()


def _mosaic(bits: int, **how: Any) -> tuple[Array, dict[str, Any]]:
    y, x = np.indices(RGB.shape[:2])
    counts = np.take_along_axis(whole(light(RGB), bits), (y % 2 + x % 2)[..., None], 2)
    tags = [(33421, "H", 2, (2, 2), True), (33422, "B", 4, bytes([0, 1, 1, 2]), True)]
    return counts, {"photometric": 32803, "extratags": tags, **how}


def raws() -> Iterator[Kind]:
    """Files of a camera's sensor data, as far as they tell what they are."""
    words = ("develop",)
    thumbnail = whole(OTHER), {"subfiletype": 1, "subifds": 1}
    dng = [(50706, "B", 4, bytes([1, 4, 0, 0]), True)]
    tagged = whole(OTHER), {"subfiletype": 1, "subifds": 1, "extratags": dng}
    yield Kind("below-thumbnail.dng", tiff(tagged, _mosaic(16)), None, words=words)
    yield Kind("mosaic-first.dng", tiff(_mosaic(16)), None, words=words)
    packed = tiff(thumbnail, _mosaic(14, bitspersample=14), byteorder=">")
    yield Kind("big-endian.nef", packed, None, words=words)
    yield Kind("renamed.tif", packed, None, words=words)
    linear = whole(light(RGB), 16), {"photometric": 34892, "extratags": dng}
    yield Kind("linear.dng", tiff(thumbnail, linear), None, words=words)
    yield Kind("only-a-preview.arw", one(whole(RGB)), None, words=words)
    cr2 = bytearray(one(whole(RGB)))
    cr2[8:8] = b"CR\x02\0"
    for name, data in {
        "canon.cr2": bytes(cr2),
        "canon.cr3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
        "fuji.raf": b"FUJIFILMCCD-RAW 0201",
        "olympus.orf": b"IIRO\x08\0\0\0",
        "panasonic.rw2": b"IIU\0\x18\0\0\0",
        "sigma.x3f": b"FOVb\1\0\2\0",
    }.items():
        yield Kind(name, data + bytes(64), None, words=words)
