"""Small drafts that are quick to paint: enough to choose a style by looking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from neural_style_gimp.dialog.draft import drafted
from neural_style_gimp.image.downscaled import Downscaled
from neural_style_gimp.image.pixbufs import fitted, raster_of, without_alpha
from nst_server.values.job import Job, JobStyle
from nst_server.values.palette import Palette
from nst_server.values.settings import Settings
from nst_server.wire.order import Order, Raster

SIDE = 128
"""Longest side of a small draft."""

_ITERATIONS = 5

_WHOLE_STRENGTH = 50.0
"""Strength from which on a painting has the style's colors."""


def small_draft(content: Downscaled, style: Any, settings: Settings) -> Order:
    """The order for a draft of ``content``, at its size, in the style of a pixbuf.

    All drafts of a content have one size, so the worker prepares for it once. A few iterations do
    not reach the colors of the style, so the painting starts from the content in them.
    """
    longest = max(content.size)
    small = replace(
        drafted(settings, longest), iterations=min(settings.iterations, _ITERATIONS), coarsest=0
    )
    measured = round(longest * settings.brush_size)
    picture = raster_of(fitted(style, (measured, measured)))
    init = None
    if settings.colors == "style" and settings.init == "content":
        small = replace(small, init="picture")
        init = _recolored(content.content, picture, min(1.0, settings.strength / _WHOLE_STRENGTH))
    return Job(small, content.content, (JobStyle(picture),), content.mask, init)


def _recolored(content: Raster, style: Raster, share: float) -> Raster:
    pixels = bytes(content.pixels)
    palette = Palette.of(pixels, content.channels)
    colors = pixels if content.channels == 3 else without_alpha(pixels)
    there = Palette.of(bytes(style.pixels), style.channels)
    moved = palette.recolored(colors, there, share)
    return Raster(content.width, content.height, 3, "uint8", moved)
