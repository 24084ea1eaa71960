"""TIFF files, by tifffile: which page is the picture, and what its numbers mean.

Pillow reads fewer of them, and some of those wrong (PICTURES.md).
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from itertools import islice
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from nst_server.pictures import color_profiles
from nst_server.pictures.metadata import Metadata, says_adobe_rgb
from nst_server.pictures.reading import camera_raw
from nst_server.pictures.reading.decoded import DEVELOP, Decoded, NotReadError, check_size
from nst_server.pictures.reading.lzw import deflate
from nst_server.pictures.samples import Samples, from_floats, in_full_range, straight, strips

_PHOTOMETRIC = tifffile.PHOTOMETRIC

_COLOR_CHANNELS: dict[int, int] = {
    _PHOTOMETRIC.MINISWHITE: 1,
    _PHOTOMETRIC.MINISBLACK: 1,
    _PHOTOMETRIC.PALETTE: 1,
    _PHOTOMETRIC.RGB: 3,
    _PHOTOMETRIC.YCBCR: 3,
    _PHOTOMETRIC.SEPARATED: 4,
    _PHOTOMETRIC.CIELAB: 3,
    _PHOTOMETRIC.ICCLAB: 3,
}

_REDUCED_OR_MASK = 1 | 4
"""Bits of NewSubfileType: a smaller version of another page, or a mask for one."""
_OLD_REDUCED = 2
_SUBFILE_TYPE, _OLD_SUBFILE_TYPE = 254, 255
_ORIENTATION, _RESOLUTION_UNIT, _INK_SET, _XMP = 274, 296, 332, 700

_MOST_PAGES = 200
"""Most pages that are looked at; in a damaged file they may point to each other."""

_DECODED_AS_RGB = {
    tifffile.COMPRESSION.JPEG,
    tifffile.COMPRESSION.JPEG_LOSSY,
    tifffile.COMPRESSION.ALT_JPEG,
    tifffile.COMPRESSION.WEBP,
    tifffile.COMPRESSION.JPEGXL,
}
"""Compressions whose decoder gives RGB where the file says YCbCr."""

_JPEG_2000 = {33003, 33004, 33005, 34712}
"""Compressions that libtiff does not know."""

_COMPRESSIONS = (
    _DECODED_AS_RGB
    | _JPEG_2000
    | {
        tifffile.COMPRESSION.NONE,
        tifffile.COMPRESSION.CCITTRLE,
        tifffile.COMPRESSION.CCITTFAX3,
        tifffile.COMPRESSION.CCITTFAX4,
        tifffile.COMPRESSION.LZW,
        tifffile.COMPRESSION.OJPEG,
        tifffile.COMPRESSION.ADOBE_DEFLATE,
        tifffile.COMPRESSION.DEFLATE,
        tifffile.COMPRESSION.PACKBITS,
        tifffile.COMPRESSION.LZMA,
        tifffile.COMPRESSION.ZSTD,
        tifffile.COMPRESSION.ZSTD_DEPRECATED,
    }
)
"""Those that people meet. Of the rest some decoders end the process if a file is damaged."""


def decode(data: bytes, ending: str) -> Decoded:
    """The first page that is neither a thumbnail nor a mask.

    Raises `NotReadError`, or whatever the libraries raise for a damaged file.
    """
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # errors come as exceptions
    source = io.BytesIO(data)
    with tifffile.TiffFile(source) as file:
        pages = list(islice(_pages(file), _MOST_PAGES))
        if ending.lower() in camera_raw.ENDINGS or camera_raw.holds_sensor_data(pages):
            raise NotReadError("is a camera's raw file", DEVELOP)
        page = next((page for page in pages if not _is_reduced_or_mask(page)), pages[0])
        check_size(page.imagewidth, page.imagelength, page.samplesperpixel)
        if page.compression not in _COMPRESSIONS:
            raise NotReadError("is a TIFF of a rare compression")
        if page.imagedepth > 1:
            raise NotReadError("is a TIFF of a volume")
        _check_whole(page, len(data))
        if page.photometric == _PHOTOMETRIC.YCBCR and page.compression not in _DECODED_AS_RGB:
            colors, alpha = _from_ycbcr(page, data), None
        else:
            if page.compression == tifffile.COMPRESSION.LZW:
                deflate(page, source)
            colors, alpha = _pixels(page)
        exif = _exif(page, data)
        profile = page.iccprofile or (color_profiles.adobe_rgb() if says_adobe_rgb(exif) else None)
        metadata = Metadata.made_of(exif, page.tags.valueof(_XMP), _dpi(page))
        turn = _number(page, _ORIENTATION, 1)
        return Decoded(colors, alpha, None if _is_lab(page) else profile, turn, metadata)


def _pages(file: tifffile.TiffFile) -> Iterator[tifffile.TiffPage]:
    """Every page of the file, each before those of its own that it points to."""
    waiting: list[Any] = [file.pages]
    for pages in waiting:  # which grows
        for page in pages:
            whole = page.aspage()
            yield whole
            if whole.subifds:
                waiting.append(whole.pages)


def _is_reduced_or_mask(page: tifffile.TiffPage) -> bool:
    return bool(
        _number(page, _SUBFILE_TYPE, 0) & _REDUCED_OR_MASK
        or _number(page, _OLD_SUBFILE_TYPE, 0) == _OLD_REDUCED
    )


def _number(page: tifffile.TiffPage, tag: int, default: int) -> int:
    value = page.tags.valueof(tag, default)
    return int(value) if isinstance(value, int) else default


def _is_lab(page: tifffile.TiffPage) -> bool:
    return page.photometric in (_PHOTOMETRIC.CIELAB, _PHOTOMETRIC.ICCLAB)


def _check_whole(page: tifffile.TiffPage, length: int) -> None:
    """Raise `ValueError` if pixels lie behind the file's end: some decoders make gray of them."""
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        if offset + count > length:
            raise ValueError("it is cut short")


def _exif(page: tifffile.TiffPage, data: bytes) -> Image.Exif:
    """The page's directory as EXIF, which is a TIFF of tags alone; empty if it is broken."""
    exif = Image.Exif()
    exif.endian, exif.bigtiff = page.parent.byteorder, page.parent.is_bigtiff
    try:
        exif.load_from_fp(io.BytesIO(data), page.offset)
    except Exception:
        return Image.Exif()
    return exif


def _dpi(page: tifffile.TiffPage) -> tuple[float, float] | None:
    if page.tags.valueof(_RESOLUTION_UNIT, tifffile.RESUNIT.INCH) == tifffile.RESUNIT.NONE:
        return None
    try:
        return page.get_resolution(tifffile.RESUNIT.INCH)
    except Exception:
        return None


def _pixels(page: tifffile.TiffPage) -> tuple[Samples, Samples | None]:
    """Colors of 1, 3 or 4 channels, and straight alpha, of 8 or 16 bits."""
    channels = _COLOR_CHANNELS.get(page.photometric)
    if channels is None or page.samplesperpixel < channels or page.dtype is None:
        raise NotReadError("is a TIFF of a rare kind")
    if not isinstance(page.bitspersample, int):  # of 5, 6 and 5 bits, say
        raise NotReadError("is a TIFF of a rare kind")
    if page.photometric == _PHOTOMETRIC.SEPARATED and page.tags.valueof(_INK_SET, 1) != 1:
        raise NotReadError("is a TIFF of inks that are not cyan, magenta, yellow and black")
    stored = _stored(page)
    _check_numbers(page, stored)
    colors = _colors(page, stored[..., :channels])
    place, associated = _alpha_channel(page, channels)
    if place is None:
        return colors, None
    alpha = _in_full_range(page, stored[..., place])
    return straight(colors, alpha) if associated else colors, alpha


def _stored(page: tifffile.TiffPage) -> npt.NDArray[Any]:
    """The numbers in the file as height × width × samples."""
    stored = page.asarray()
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and page.samplesperpixel > 1:
        stored = np.moveaxis(stored, 0, -1)
    return stored.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)


def _check_numbers(page: tifffile.TiffPage, stored: npt.NDArray[Any]) -> None:
    """Raise `NotReadError` for numbers of which nothing says where black and white are."""
    if stored.dtype.kind == "i" and not _is_lab(page):
        raise NotReadError("is a TIFF of signed numbers, of which none is known to be black")
    if stored.dtype.kind == "c" or (stored.dtype.kind == "f" and _is_lab(page)):
        raise NotReadError("is a TIFF of a rare kind")
    if stored.dtype.kind == "f" and not _spans_zero_to_one(stored):
        raise NotReadError("is a TIFF of floating-point numbers that do not range from 0 to 1")


def _spans_zero_to_one(values: npt.NDArray[Any]) -> bool:
    """False for floats that have another black than 0, or another white than 1.

    Highlights beyond white, and colors a little outside the gamut, are no reason; that most lie
    beyond white is one, and that all are integers.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0 or (finite.min() >= 0 and finite.max() <= 1):
        return True
    if (finite < -0.1).mean() > 0.01 or (finite > 1).mean() > 0.5:
        return False
    return bool((finite != np.rint(finite)).any())


def _in_full_range(page: tifffile.TiffPage, values: npt.NDArray[Any]) -> Samples:
    if values.dtype.kind == "f":
        return from_floats(values)
    return in_full_range(values, page.bitspersample)


def _colors(page: tifffile.TiffPage, stored: npt.NDArray[Any]) -> Samples:
    if _is_lab(page):
        return _from_lab(page, stored)
    if page.photometric == _PHOTOMETRIC.PALETTE:
        return _from_palette(page, stored[..., 0])
    colors = _in_full_range(page, stored)
    if page.photometric == _PHOTOMETRIC.MINISWHITE:
        return np.iinfo(colors.dtype).max - colors
    return colors


def _alpha_channel(page: tifffile.TiffPage, channels: int) -> tuple[int | None, bool]:
    """The sample that is alpha, and whether the colors are multiplied with it."""
    kinds = list(page.extrasamples)
    for place, kind in enumerate(kinds, channels):
        if kind in (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA):
            return place, kind == tifffile.EXTRASAMPLE.ASSOCALPHA
    # Some files have the one sample more, but do not say what it is; others say that it is data.
    unsaid = page.samplesperpixel == channels + 1 and kinds != [tifffile.EXTRASAMPLE.UNSPECIFIED]
    return (channels if unsaid else None), False


def _from_palette(page: tifffile.TiffPage, places: npt.NDArray[Any]) -> Samples:
    """RGB of 8 bits. The palette has 16, of which old writers filled the lower 8 only."""
    palette = np.asarray(page.colormap).T
    entries = (palette if palette.max() < 256 else palette >> 8).astype(np.uint8)
    return np.asarray(entries[places.astype(np.uint16)])


def _from_ycbcr(page: tifffile.TiffPage, data: bytes) -> Samples:
    """RGB of 8 bits by libtiff, which knows subsampled colors."""
    if len(page.treeindex) > 1 or page.compression in _JPEG_2000:
        raise NotReadError("is a TIFF of a rare kind")
    colors = np.asarray(imagecodecs.tiff_decode(data, index=page.index, asrgb=True))
    return np.asarray(colors[..., :3], np.uint8)


def _from_lab(page: tifffile.TiffPage, stored: npt.NDArray[Any]) -> Samples:
    """SRGB from CIELAB of 8 or 16 bits; a and b are signed in CIELAB, and shifted in ICCLAB."""
    bits = page.bitspersample
    if bits not in (8, 16):
        raise NotReadError("is a TIFF of a rare kind")
    depth, signed = (np.uint8, np.int8) if bits == 8 else (np.uint16, np.int16)
    colors = np.empty(stored.shape, depth)
    shifted = page.photometric == _PHOTOMETRIC.ICCLAB
    # 100 is the largest number, but 0xFF00 in the 16 bits of ICC's version 2 (TIFF technical note).
    white = 0xFF00 if shifted and bits == 16 else 2**bits - 1
    for rows in strips(len(stored)):
        whole = np.ascontiguousarray(stored[rows]).astype(depth)
        middle = 2 ** (bits - 1) if shifted else 0
        opponents = (
            whole[..., 1:].astype(np.int32) - middle if shifted else whole.view(signed)[..., 1:]
        )
        lab = np.dstack([whole[..., :1] * (100 / white), opponents / 2 ** (bits - 8)])
        colors[rows] = imagecodecs.cms_transform(
            lab.astype(np.float32),
            imagecodecs.cms_profile("lab4"),
            imagecodecs.cms_profile("srgb"),
            colorspace="lab",
            outcolorspace="rgb",
            outdtype=np.dtype(depth).name,
            intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
        )
    return colors
