"""Frames into one GIF, WebP or PNG, by Pillow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from nst_server.pictures.animation_file import AnimationFile
from nst_server.pictures.writing.formats import Format

_COLORS = 255
"""Colors of a GIF; one number more is for what is transparent."""

_SAMPLE_PIXELS = 2**20
"""Pixels, of all frames together, that a GIF's colors are chosen from."""


def encoded(
    form: Format, images: Sequence[Image.Image], animation: AnimationFile, options: dict[str, Any]
) -> memoryview:
    """A whole file, with ``options`` of Pillow for what is beside the pixels.

    A frame that equals the one before only makes that one last longer.
    """
    durations = [round(duration) for duration in animation.durations]
    plays: int | None = animation.plays
    if form.name == "GIF":
        images, more = _indexed(images)
        options |= more
        plays = plays - 1 if plays else 0
        if animation.plays == 1:
            plays = None
    first, *others = images
    file = io.BytesIO()
    first.save(
        file,
        form.name,
        save_all=True,
        append_images=others,
        duration=durations,
        loop=plays,
        **options,
    )
    return file.getbuffer()


def _indexed(images: Sequence[Image.Image]) -> tuple[list[Image.Image], dict[str, Any]]:
    """The same colors in all frames, and no dithering: what is still does not flicker."""
    palette = _sample(images).quantize(_COLORS, Image.Quantize.MEDIANCUT)
    indexed = [
        image.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE) for image in images
    ]
    if images[0].mode != "RGBA":
        return indexed, {"optimize": False}
    for image, frame in zip(images, indexed, strict=True):
        frame.paste(_COLORS, mask=image.getchannel("A").point(lambda alpha: 255 * (alpha < 128)))
    return indexed, {"optimize": False, "transparency": _COLORS, "disposal": 2}


def _sample(images: Sequence[Image.Image]) -> Image.Image:
    """Every so many rows of all frames, below each other."""
    rows = np.concatenate([np.asarray(image.convert("RGB")) for image in images])
    step = -(-rows.shape[0] * rows.shape[1] // _SAMPLE_PIXELS)
    return Image.fromarray(rows[::step])
