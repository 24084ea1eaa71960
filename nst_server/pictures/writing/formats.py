"""Formats that results are written in, and what each can hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from nst_server.pictures.streams import is_stream
from nst_server.values.errors import NeuralStyleError


@dataclass(frozen=True)
class Format:
    """The limits of a picture format."""

    name: str
    """Pillow's."""
    bits: int = 8
    """Most bits of a sample."""
    alpha: bool = True
    """If it has none, the result is laid on white."""
    profile: bool = True
    """If few readers look for one in it, the result has sRGB's numbers."""
    longest: int | None = None
    """Longest side, if that is less than a job allows."""
    dpi: tuple[float, float] | None = None
    """Least and largest resolution that it can say; None if it can say none."""
    frames: bool = False
    """True if it can hold several, shown one after the other."""
    endings: tuple[str, ...] = ()
    """The only endings that name it rightly, if Pillow takes others for it too."""


_METERS = 0.0254
_FORMATS = {
    form.name: form
    for form in (
        Format("PNG", bits=16, frames=True, dpi=(_METERS, _METERS * (2**31 - 1))),
        Format("TIFF", bits=16, dpi=(1e-3, 2**32 - 1)),
        Format("JPEG", alpha=False, longest=65500, dpi=(1, 65535)),
        Format("WEBP", longest=16383, frames=True),
        # Pillow writes a longer AVIF, which nobody can read.
        Format("AVIF", longest=32768),
        Format("GIF", profile=False, frames=True),
        Format("BMP", alpha=False, profile=False, dpi=(_METERS, _METERS * (2**31 - 1))),
        Format("JPEG2000", profile=False, endings=(".jp2",)),
        Format("TGA", profile=False),
        Format("PPM", alpha=False, profile=False, endings=(".ppm", ".pnm")),
    )
}
"""By Pillow's name; its other formats hold two colors, or an icon."""


def format_of(path: Path) -> Format:
    """The format that the ending of ``path`` stands for; PNG for a pipe that has no ending.

    Raises `NeuralStyleError` ``unwritable`` if it stands for none.
    """
    kind = Image.registered_extensions().get(path.suffix.lower(), "")
    if not path.suffix and is_stream(path):
        kind = "PNG"
    form = _FORMATS.get(kind)
    rightly = form is not None and (not form.endings or path.suffix.lower() in form.endings)
    if form is None or not rightly or kind not in Image.SAVE:
        raise NeuralStyleError(
            "unwritable",
            f"The ending of {path.name!r} names no picture format that can be written.",
            "Take .png, .jpg, .tif or .webp.",
        )
    return form
