"""A small picture of patches, and valid files of it of every kind, with what is right for each."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
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
    """Whether it is read with 16 bits."""
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


# Camera raw


def _mosaic(bits: int, **how: Any) -> tuple[Array, dict[str, Any]]:
    y, x = np.indices(RGB.shape[:2])
    counts = np.take_along_axis(whole(light(RGB), bits), (y % 2 + x % 2)[..., None], 2)
    tags = [(33421, "H", 2, (2, 2), True), (33422, "B", 4, bytes([0, 1, 1, 2]), True)]
    return counts, {"photometric": 32803, "extratags": tags, **how}


def raws() -> Iterator[Kind]:
    """What cameras write of their sensors, as far as it tells what it is."""
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


# JPEG, JPEG 2000, JPEG XL, Radiance


def adobe_exif(space: int = 65535, index: str = "R03") -> bytes:
    """EXIF as cameras say Adobe RGB."""
    exif = Image.Exif()
    exif[0x8769] = {0x9000: b"0230", 0xA001: space, 0xA005: {1: index, 2: b"0100"}}
    data: bytes = exif.tobytes()
    return data


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


def by_pillow(samples: Array, kind: str, **how: Any) -> bytes:
    """A file as Pillow writes it."""
    file = io.BytesIO()
    Image.fromarray(samples).save(file, kind, **how)
    return file.getvalue()


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


ALL: tuple[Callable[[], Iterator[Kind]], ...] = (tiffs, raws, pngs, others, ordinary)


def every_kind() -> list[Kind]:
    """All of them."""
    return [kind for kinds in ALL for kind in kinds()]
