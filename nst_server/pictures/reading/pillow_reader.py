"""The formats that Pillow reads right: JPEG, PNG of 8 bits, WebP, AVIF, GIF, BMP and older ones."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from nst_server.pictures import color_profiles
from nst_server.pictures.metadata import Metadata, exif_of, orientation, says_adobe_rgb
from nst_server.pictures.reading.decoded import Decoded, NotReadError
from nst_server.pictures.samples import Samples, straight
from nst_server.values.limits import MAXIMUM_PIXELS

_FORMATS = (
    "PNG",
    "JPEG",
    "WEBP",
    "AVIF",
    "GIF",
    "BMP",
    "DIB",
    "JPEG2000",
    "TIFF",
    "PPM",
    "PCX",
    "SGI",
    "QOI",
    "ICO",
    "ICNS",
    "DDS",
    "XBM",
    "XPM",
    "TGA",
)
"""Formats of which Pillow gives the picture itself; of others it gives a preview, or guesses."""

_TGA_DESCRIPTOR = 17
"""Place of the byte whose lower half is the number of alpha's bits."""


def opened(data: bytes) -> Image.Image:
    """An image whose pixels are not decoded yet. Raises what Pillow raises, which is much."""
    Image.MAX_IMAGE_PIXELS = MAXIMUM_PIXELS
    return Image.open(io.BytesIO(data), formats=_FORMATS)


def decode(data: bytes) -> Decoded:
    """The first picture of the file."""
    image = opened(data)
    image.load()
    if image.mode == "F" or (image.mode == "I" and image.format != "PPM"):
        raise NotReadError("has numbers of which nothing says where black and white are")
    colors, alpha = pixels(image)
    if image.format == "TGA" and data[_TGA_DESCRIPTOR] & 0x0F == 0:
        alpha = None  # the fourth byte is none
    turn = orientation(exif_of(image))
    return Decoded(colors, alpha, profile_of(image), turn, Metadata.of(image))


def profile_of(image: Image.Image) -> bytes | None:
    """The ICC profile in the file; if there is none, that of Adobe RGB if EXIF says so."""
    profile: bytes | None = image.info.get("icc_profile")
    return profile or (color_profiles.adobe_rgb() if says_adobe_rgb(exif_of(image)) else None)


def pixels(image: Image.Image) -> tuple[Samples, Samples | None]:
    """Colors, and alpha if the loaded image has any."""
    if image.mode.startswith("I"):  # 16 bits, in PGM and JPEG 2000
        return np.asarray(image).astype(np.uint16)[..., np.newaxis], None
    has_alpha = image.has_transparency_data or image.mode in ("La", "PA")
    mode = _mode(image.mode)
    if not has_alpha:
        return _array(image.convert(mode)), None
    if image.mode == "La":  # which Pillow does not convert
        colors, alpha = (np.asarray(channel) for channel in image.split())
        return straight(colors[..., np.newaxis], alpha), alpha
    samples = _array(image.convert("LA" if mode == "L" else "RGBA"))
    return samples[..., :-1], samples[..., -1]


def _mode(mode: str) -> str:
    if mode in ("1", "L", "LA", "La"):
        return "L"
    return "CMYK" if mode == "CMYK" else "RGB"


def _array(image: Image.Image) -> Samples:
    samples = np.asarray(image)
    return samples.reshape(*samples.shape[:2], -1)
