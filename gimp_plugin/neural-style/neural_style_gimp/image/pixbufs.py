"""Small pictures for our windows."""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib

from nst_server.values.geometry import fit_within
from nst_server.wire.order import Raster


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


def pixbuf_of(raster: Raster) -> Any:
    """A pixbuf of a picture in memory with uint8 samples."""
    return pixbuf(raster.width, raster.height, raster.pixels, alpha=raster.channels == 4)


def raster_of(picture: Any) -> Raster:
    """A pixbuf as a picture in memory with uint8 samples."""
    channels = picture.get_n_channels()
    return Raster(picture.get_width(), picture.get_height(), channels, "uint8", packed(picture))


def fitted(picture: Any, bounds: tuple[int, int], *, enlarge: bool = False) -> Any:
    """``picture`` scaled to fit inside ``bounds``; enlarged only if asked for."""
    width, height = picture.get_width(), picture.get_height()
    factor = max(*bounds) if enlarge else 1
    return scaled(picture, fit_within(width * factor, height * factor, bounds))


def scaled(picture: Any, size: tuple[int, int]) -> Any:
    """``picture`` at another size."""
    return picture.scale_simple(*size, GdkPixbuf.InterpType.BILINEAR)


def on_checks(picture: Any) -> Any:
    """``picture`` over the checkerboard that stands for transparency."""
    if not picture.get_has_alpha():
        return picture
    size = picture.get_width(), picture.get_height()
    return picture.composite_color_simple(
        *size, GdkPixbuf.InterpType.NEAREST, 255, 8, 0x666666, 0x999999
    )


def with_alpha(colors: bytes, straight: bytes) -> bytes:
    """RGB ``colors`` with the alpha of the RGBA pixels ``straight``."""
    merged = bytearray(straight)
    for channel in range(3):
        merged[channel::4] = colors[channel::3]
    return bytes(merged)


def without_alpha(pixels: bytes) -> bytes:
    """The colors of RGBA pixels."""
    colors = bytearray(pixels)
    del colors[3::4]
    return bytes(colors)


def packed(picture: Any) -> bytes:
    """The pixels of a pixbuf, without padding between rows."""
    data, row = picture.read_pixel_bytes().get_data(), picture.get_rowstride()
    length = picture.get_width() * picture.get_n_channels()
    return b"".join(data[y * row : y * row + length] for y in range(picture.get_height()))
