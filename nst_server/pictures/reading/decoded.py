"""A picture as a decoder finds it, and how a decoder says that it is none of ours."""

from __future__ import annotations

from dataclasses import dataclass, field

from nst_server.pictures.metadata import Metadata
from nst_server.pictures.samples import Samples
from nst_server.values.limits import MAXIMUM_PIXELS

EXPORT = "Open it in GIMP and export it as PNG."
DEVELOP = "Develop it with darktable or RawTherapee, or open it in GIMP, and take that picture."

_MOST_CHANNELS = 16


@dataclass(frozen=True)
class Decoded:
    """Pixels as they lie in the file, before orientation and color profile are applied."""

    colors: Samples
    """Height × width × channels: 1 for gray, 3 for RGB, 4 for CMYK; 0 is black, or no ink."""
    alpha: Samples | None = None
    """Height × width, straight, with the depth of the colors."""
    profile: bytes | None = None
    """ICC profile of the colors, which may not fit them; None for sRGB."""
    orientation: int = 1
    """EXIF's number, 1 to 8."""
    metadata: Metadata = field(default_factory=Metadata)


class NotReadError(Exception):
    """A picture that is whole but is not read, in words: what it is, and what to do instead."""

    def __init__(self, what: str, hint: str = EXPORT) -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


class TooManyPixelsError(Exception):
    """A picture that is larger than `MAXIMUM_PIXELS`, told before its pixels are decoded."""


def check_size(width: int, height: int, channels: int = 1) -> None:
    """Raise `TooManyPixelsError` for a picture that may not be decoded, or `ValueError`."""
    if width < 1 or height < 1 or not 1 <= channels <= _MOST_CHANNELS:
        raise ValueError(f"{width}×{height} pixels of {channels} channels")
    if width * height > MAXIMUM_PIXELS:
        raise TooManyPixelsError
