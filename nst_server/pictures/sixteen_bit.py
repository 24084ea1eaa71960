"""Pictures of more than eight bits: PNG by imagecodecs, TIFF by tifffile.

Pillow reduces the colors of both to eight bits, but reads their metadata well.
"""

from __future__ import annotations

import io
import logging
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from PIL import ExifTags, PngImagePlugin, TiffImagePlugin

from nst_server.pictures.color_profiles import Samples
from nst_server.pictures.metadata import RECIPE, SUB_DIRECTORIES, Metadata
from nst_server.values.errors import NeuralStyleError
from nst_server.values.limits import MAXIMUM_PIXELS

FORMATS = {("PNG", 16), ("TIFF", 8), ("TIFF", 16)}
"""Files that this module writes: Pillow's name of the format, and bits per sample.

TIFF of 8 bits is among them because Pillow writes no EXIF into a compressed TIFF.
"""

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # errors come as exceptions

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SIZE = 16
_PNG_DEPTH = 24
"""Offset of the bits per sample, which are in the first chunk of the file."""
_PNG_HEADER = 33
"""Length of the signature and the first chunk; all other chunks follow."""
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_COLOR_CHANNELS = {
    tifffile.PHOTOMETRIC.MINISWHITE: 1,
    tifffile.PHOTOMETRIC.MINISBLACK: 1,
    tifffile.PHOTOMETRIC.RGB: 3,
    tifffile.PHOTOMETRIC.SEPARATED: 4,
}
"""Number of color channels in a TIFF; the channel after them is alpha."""


@dataclass(frozen=True)
class DeepPicture:
    """The pixels of a file, before orientation and profile are applied."""

    colors: Samples
    """1 channel for gray, 3 for RGB, 4 for CMYK."""
    alpha: Samples | None
    profile: bytes | None


def read(path: Path) -> DeepPicture | None:
    """Read ``path``; return None if it is not a picture of more than eight bits.

    Raises `NeuralStyleError` ``bad-image`` if it is damaged, or ``too-large``.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_PNG_HEADER)
    except OSError:
        return None  # the next reader reports the error
    try:
        if head.startswith(_PNG) and head[_PNG_DEPTH : _PNG_DEPTH + 1] == b"\x10":
            _check_size(path, *struct.unpack(">II", head[_PNG_SIZE:_PNG_DEPTH]))
            return _read_png(path)
        return _read_tiff(path) if head.startswith(_TIFF) else None
    except (OSError, RuntimeError, ValueError, struct.error) as error:
        raise NeuralStyleError(
            "bad-image", f"{path} is damaged: {error}.", "Take another copy of it."
        ) from None


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MAXIMUM_PIXELS:
        raise NeuralStyleError("too-large", f"{path} has too many pixels.")


def _read_png(path: Path) -> DeepPicture:
    samples = np.asarray(imagecodecs.png_decode(path.read_bytes()))
    samples = samples.reshape(*samples.shape[:2], -1)
    color_channels = 1 if samples.shape[2] <= 2 else 3
    return DeepPicture(*_split(samples, color_channels), None)


def _read_tiff(path: Path) -> DeepPicture | None:
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        if page.dtype is None or page.dtype.kind not in "uf" or page.dtype.itemsize == 1:
            return None
        color_channels = _COLOR_CHANNELS.get(page.photometric)
        if color_channels is None or page.samplesperpixel not in (
            color_channels,
            color_channels + 1,
        ):
            return None
        _check_size(path, page.imagewidth, page.imagelength)
        samples = page.asarray()
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and page.samplesperpixel > 1:
            samples = np.moveaxis(samples, 0, -1)
        samples = samples.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)
        colors, alpha = _split(_as_sixteen_bits(samples), color_channels)
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
            colors = 65535 - colors
        kinds = page.extrasamples  # some files have the sample but do not say what it is
        if alpha is not None and kinds and kinds[0] == tifffile.EXTRASAMPLE.ASSOCALPHA:
            straight = colors * (65535.0 / np.maximum(alpha, 1))
            colors = np.rint(np.minimum(straight, 65535)).astype(np.uint16)
        return DeepPicture(colors, alpha, page.iccprofile)


def _as_sixteen_bits(samples: Any) -> Samples:
    """Convert to 16 bits: floats span [0, 1], integers their whole range."""
    if samples.dtype == np.uint16:
        return np.asarray(samples, np.uint16)  # in native byte order
    if samples.dtype.kind == "u":
        return np.asarray(samples >> (8 * samples.dtype.itemsize - 16), np.uint16)
    finite = np.nan_to_num(samples.astype(np.float32), posinf=1.0, neginf=0.0)
    return np.asarray(np.rint(np.clip(finite, 0, 1) * np.float32(65535)), np.uint16)


def _split(samples: Any, color_channels: int) -> tuple[Samples, Samples | None]:
    deep = samples.astype(np.uint16, copy=False)
    return deep[..., :color_channels], deep[..., color_channels] if deep.shape[
        2
    ] > color_channels else None


def encoded(
    kind: str, samples: Samples, profile: bytes | None, metadata: Metadata, recipe: str
) -> bytes:
    """Encode RGB, or RGB and straight alpha, as a whole file of ``kind``, as in `FORMATS`."""
    encode = _encoded_png if kind == "PNG" else _encoded_tiff
    return encode(samples, profile, metadata, recipe)


def _encoded_png(samples: Samples, profile: bytes | None, metadata: Metadata, recipe: str) -> bytes:
    plain = imagecodecs.png_encode(np.ascontiguousarray(samples), level=3)
    chunks = PngImagePlugin.PngInfo()
    if profile:
        chunks.add(b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile))
    if metadata.dpi:
        across, down = (round(dpi / 0.0254) for dpi in metadata.dpi)
        chunks.add(b"pHYs", struct.pack(">IIB", across, down, 1))
    chunks.add(b"eXIf", metadata.exif_with(recipe).tobytes().removeprefix(b"Exif\0\0"))
    if metadata.xmp:
        chunks.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode("utf-8", "replace"))
    chunks.add_itxt(RECIPE, recipe)
    whole = io.BytesIO()
    whole.write(plain[:_PNG_HEADER])
    for name, content, *_ in chunks.chunks:
        PngImagePlugin.putchunk(whole, name, content)
    whole.write(plain[_PNG_HEADER:])
    return whole.getvalue()


def _encoded_tiff(
    samples: Samples, profile: bytes | None, metadata: Metadata, recipe: str
) -> bytes:
    exif = metadata.exif_with(recipe)
    directories = {tag: entries for tag in SUB_DIRECTORIES if (entries := exif.get_ifd(tag))}
    # tifffile writes no EXIF: tags numbered one lower reserve room for the pointers to it.
    extra: list[Any] = [(tag - 1, "I", 1, 0, True) for tag in directories]
    extra += [(tag, "s", 0, str(exif[tag]), True) for tag in exif if isinstance(exif[tag], str)]
    if metadata.xmp:
        extra.append((ExifTags.Base.XMLPacket, "B", len(metadata.xmp), metadata.xmp, True))
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        samples,
        photometric="rgb",
        extrasamples=["unassalpha"] if samples.shape[2] == 4 else None,
        compression="zlib",
        predictor=True,
        byteorder="<",
        metadata=None,
        software=False,
        iccprofile=profile or None,
        resolution=metadata.dpi,
        resolutionunit="inch" if metadata.dpi else None,
        extratags=sorted(extra),
    )
    file.seek(0)
    with tifffile.TiffFile(file) as written:
        tag_offsets = {tag: written.pages.first.tags[tag - 1].offset for tag in directories}
    whole = bytearray(file.getvalue())
    for tag, entries in directories.items():
        whole += b"\0" * (len(whole) % 2)
        offset = len(whole)
        directory = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0")
        for entry, value in entries.items():
            directory[entry] = value
        whole += directory.tobytes(offset)
        struct.pack_into("<HHII", whole, tag_offsets[tag], tag, 4, 1, offset)
    return bytes(whole)
