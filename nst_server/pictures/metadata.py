"""Metadata of a picture file, and the part of it that a result takes over."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import ExifTags, Image

from nst_server.pictures.xmp import without_old_pixels

RECIPE = "neural-style"
"""Name of the text in a PNG that holds its recipe."""

_DESCRIPTIVE = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.Copyright,
)
"""Tags that are kept; the others, such as the orientation, describe the old file's pixels."""

_OF_OLD_PIXELS = (
    ExifTags.Base.ExifImageWidth,
    ExifTags.Base.ExifImageHeight,
    ExifTags.Base.ExifInteroperabilityOffset,
    # Its offsets are the old file's, and phones say there which video belongs to the picture.
    ExifTags.Base.MakerNote,
    ExifTags.Base.ComponentsConfiguration,
    ExifTags.Base.CompressedBitsPerPixel,
    0x9214,  # SubjectArea and SubjectLocation, in pixels before they were turned upright
    0xA214,
)

SUB_DIRECTORIES = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)

_ASCII = b"ASCII\0\0\0"
"""Prefix by which an EXIF comment declares its encoding."""

ROOM = 65000
"""Most bytes of EXIF in a JPEG; XMP has the same limit."""
_LONGEST_XMP = 2**24
"""Longer ones are not looked into."""

_SRGB, _ADOBE_RGB, _UNCALIBRATED = 1, 2, 65535
"""Values of the tag ColorSpace; 2 is not in the standard."""


@dataclass(frozen=True)
class Metadata:
    """EXIF, XMP, resolution and cICP, without what describes the old pixels."""

    exif: Image.Exif = field(default_factory=Image.Exif)
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    """Pixels an inch across and down, finite and above 0."""
    cicp: bytes | None = None
    """A PNG's code points for its color space, which say how its numbers are shown."""

    @classmethod
    def of(cls, image: Image.Image) -> Metadata:
        """Metadata of ``image``, without the parts that are broken."""
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
        return cls.made_of(exif_of(image), xmp, image.info.get("dpi"))

    @classmethod
    def made_of(cls, exif: Image.Exif, xmp: object, dpi: object) -> Metadata:
        """Metadata of its parts as a library tells them, without those that are broken."""
        turned = orientation(exif) != 1
        return cls(_usable_exif(exif), _usable_xmp(xmp, turned), _usable_dpi(dpi))

    def exif_with(self, recipe: str, srgb: bool) -> Image.Exif:
        """EXIF with ``recipe`` as its comment; the comment alone if all of it would be too long.

        ``srgb`` says whether the result's numbers are sRGB's, whatever the content's were.
        """
        exif = _copy(self.exif)
        details = exif.get_ifd(ExifTags.IFD.Exif)
        details[ExifTags.Base.UserComment] = _ASCII + recipe.encode()
        if ExifTags.Base.ColorSpace in details:
            details[ExifTags.Base.ColorSpace] = _SRGB if srgb else _UNCALIBRATED
        return exif if len(exif.tobytes()) <= ROOM else Metadata().exif_with(recipe, srgb)

    def turned(self) -> Metadata:
        """The same of a picture whose rows have become columns."""
        return self if self.dpi is None else replace(self, dpi=self.dpi[::-1])


def exif_of(image: Image.Image) -> Image.Exif:
    """EXIF of ``image``; empty if it has none, or a broken one."""
    try:
        return image.getexif()
    except Exception:
        return Image.Exif()


def orientation(exif: Image.Exif) -> int:
    """Orientation of the pixels, 1 to 8; 1 is upright."""
    try:
        return int(exif.get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1


def says_adobe_rgb(exif: Image.Exif) -> bool:
    """True if EXIF says Adobe RGB, as cameras do: by the color space itself, or by R03."""
    try:
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        if space == _UNCALIBRATED:
            return bool(str(exif.get_ifd(ExifTags.IFD.Interop).get(1)).startswith("R03"))
        return bool(space == _ADOBE_RGB)
    except Exception:
        return False


def recipe_text(image: Image.Image) -> str | None:
    """Recipe stored in ``image``; None if it is not a result of ours."""
    text = image.info.get(RECIPE)
    if text is None:
        try:
            comment = exif_of(image).get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
        except Exception:
            return None
        if isinstance(comment, bytes) and comment.startswith(_ASCII):
            text = comment[len(_ASCII) :].decode("ascii", "replace").rstrip("\0 ")
    return text if isinstance(text, str) else None


def _usable_exif(exif: Image.Exif) -> Image.Exif:
    try:
        copy = _copy(exif)
        copy.tobytes()
    except Exception:  # EXIF can be broken in many ways, and none of them harms the picture
        return Image.Exif()
    return copy


def _usable_xmp(xmp: object, turned: bool) -> bytes | None:
    if isinstance(xmp, str):
        xmp = xmp.encode("utf-8", "replace")
    if not isinstance(xmp, bytes) or len(xmp) > _LONGEST_XMP:
        return None
    return without_old_pixels(xmp, turned)


def _usable_dpi(dpi: Any) -> tuple[float, float] | None:
    try:
        across, down = (float(number) for number in dpi)
    except Exception:
        return None
    good = all(math.isfinite(number) and number > 0 for number in (across, down))
    return (across, down) if good else None


class _Text(str):
    """Text of EXIF that is written as it was read.

    Pillow decodes it as Latin-1, whatever it is, most often UTF-8, but would encode it as ASCII.
    """

    def encode(self, *_: object) -> bytes:
        return super().encode("latin-1", "replace")


def _copy(exif: Image.Exif) -> Image.Exif:
    copy = Image.Exif()
    copy.update({tag: _as_read(exif[tag]) for tag in _DESCRIPTIVE if tag in exif})
    for directory in SUB_DIRECTORIES:
        entries = exif.get_ifd(directory)
        kept = {tag: _as_read(entries[tag]) for tag in entries if tag not in _OF_OLD_PIXELS}
        if kept:
            copy.get_ifd(directory).update(kept)
    return copy


def _as_read(value: Any) -> Any:
    return _Text(value) if isinstance(value, str) else value
