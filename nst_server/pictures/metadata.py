"""Metadata of a picture file, and the part of it that a result takes over."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from PIL import ExifTags, Image

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
)

SUB_DIRECTORIES = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)

_ASCII = b"ASCII\0\0\0"
"""Prefix by which an EXIF comment declares its encoding."""

_ROOM = 65000
"""Most bytes of EXIF in a JPEG; XMP has the same limit."""

_ORIENTATION = re.compile(
    rb"\s*tiff:Orientation=(?:\"\d\"|'\d')|<tiff:Orientation>\d</tiff:Orientation>"
)


@dataclass(frozen=True)
class Metadata:
    """EXIF, XMP and resolution, without the tags that describe the old pixels."""

    exif: Image.Exif = field(default_factory=Image.Exif)
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None

    @classmethod
    def of(cls, image: Image.Image) -> Metadata:
        """Metadata of ``image``, without the parts that are broken."""
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
        if isinstance(xmp, str):
            xmp = xmp.encode()
        dpi = image.info.get("dpi")
        return cls(
            _usable_exif(image),
            _ORIENTATION.sub(b"", xmp) if isinstance(xmp, bytes) and len(xmp) <= _ROOM else None,
            (float(dpi[0]), float(dpi[1])) if dpi and min(dpi) > 0 else None,
        )

    def exif_with(self, recipe: str) -> Image.Exif:
        """EXIF with ``recipe`` as its comment; the comment alone if all of it would be too long."""
        exif = _copy(self.exif)
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = _ASCII + recipe.encode()
        return exif if len(exif.tobytes()) <= _ROOM else Metadata().exif_with(recipe)


def orientation(image: Image.Image) -> int:
    """EXIF orientation of the pixels, 1 to 8; 1 is upright."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1


def recipe_text(image: Image.Image) -> str | None:
    """Recipe stored in ``image``; None if it is not a result of ours."""
    text = image.info.get(RECIPE)
    if text is None:
        try:
            comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
        except Exception:
            return None
        if isinstance(comment, bytes) and comment.startswith(_ASCII):
            text = comment[len(_ASCII) :].decode("ascii", "replace").rstrip("\0 ")
    return text if isinstance(text, str) else None


def _usable_exif(image: Image.Image) -> Image.Exif:
    try:
        exif = _copy(image.getexif())
        exif.tobytes()
    except Exception:  # EXIF can be broken in many ways, and none of them harms the picture
        return Image.Exif()
    return exif


def _copy(exif: Image.Exif) -> Image.Exif:
    copy = Image.Exif()
    copy.update({tag: exif[tag] for tag in _DESCRIPTIVE if tag in exif})
    for directory in SUB_DIRECTORIES:
        entries = exif.get_ifd(directory)
        if remaining := {tag: entries[tag] for tag in entries if tag not in _OF_OLD_PIXELS}:
            copy.get_ifd(directory).update(remaining)
    return copy
