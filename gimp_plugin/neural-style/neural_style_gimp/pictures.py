"""Small pictures for our windows."""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib

from nst_server.geometry import fit_within


def pixbuf(width: int, height: int, data: Any, *, alpha: bool = False) -> Any:
    """A pixbuf of uint8 pixels without padding."""
    channels = 4 if alpha else 3
    return GdkPixbuf.Pixbuf.new_from_bytes(
        GLib.Bytes.new(bytes(data)),
        GdkPixbuf.Colorspace.RGB,
        alpha,
        8,
        width,
        height,
        width * channels,
    )


def fitted(picture: Any, bounds: tuple[int, int], *, enlarge: bool = False) -> Any:
    """``picture`` scaled to fit inside ``bounds``; enlarged only if asked for."""
    width, height = picture.get_width(), picture.get_height()
    factor = max(*bounds) if enlarge else 1
    return scaled(picture, fit_within(width * factor, height * factor, bounds))


def scaled(picture: Any, size: tuple[int, int]) -> Any:
    """``picture`` at another size."""
    return picture.scale_simple(*size, GdkPixbuf.InterpType.BILINEAR)
