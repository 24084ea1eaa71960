"""Pixels in and out of GEGL buffers, in strips, so that no second copy of a picture is made."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Any

from neural_style_gimp.editor import Gegl
from nst_server.geometry import Box

STRIP_ROWS = 256

COMPONENTS = {"uint8": "u8", "float32": "float"}
"""Sample types that travel, in Babl's words."""


@dataclass(frozen=True)
class Pixels:
    """Pixels of one box: rows from the top without padding, in a Babl format."""

    box: Box
    format: str
    data: Any
    """A bytes-like object."""

    def cut(self, part: Box) -> bytes:
        """The pixels of ``part``, a box inside `box`."""
        data = memoryview(self.data).cast("B")
        pixel = len(data) // (self.box.width * self.box.height)
        row = self.box.width * pixel
        inner = part.relative_to(self.box)
        if part.width == self.box.width:
            return bytes(data[inner.y * row : inner.bottom * row])
        left, right = inner.x * pixel, inner.right * pixel
        return b"".join(
            data[y * row + left : y * row + right] for y in range(inner.y, inner.bottom)
        )


def colour_format(sample: str, alpha: bool) -> str:
    """Babl's name for sRGB-encoded colour, with straight alpha or without."""
    return f"R'G'B'{'A' if alpha else ''} {COMPONENTS[sample]}"


def mask_format(sample: str) -> str:
    """Babl's name for a selection or a layer mask."""
    return f"Y {COMPONENTS[sample]}"


def read(buffer: Any, box: Box, format: str, *, shift: tuple[int, int] = (0, 0)) -> Pixels:
    """The pixels of ``box``, which lies at ``shift`` from it in the buffer.

    What lies outside the buffer reads as 0.
    """
    data = bytearray()
    for strip in box.strips(STRIP_ROWS):
        data += buffer.get(_rectangle(strip.moved(*shift)), 1.0, format, Gegl.AbyssPolicy.NONE)
    return Pixels(box, format, data)


def write(buffer: Any, pixels: Pixels, part: Box, *, shift: tuple[int, int] = (0, 0)) -> None:
    """Write the pixels of ``part`` into the buffer, ``shift`` from where they were read.

    The buffer is flushed but the caller must drop it with `release` before GIMP takes it over.
    """
    for strip in part.strips(STRIP_ROWS):
        buffer.set(_rectangle(strip.moved(*shift)), pixels.format, pixels.cut(strip))
    buffer.flush()


def release() -> None:
    """Let go of buffers no longer named: GIMP ends a plug-in that holds one of a lost layer."""
    gc.collect()


def _rectangle(box: Box) -> Any:
    return Gegl.Rectangle.new(box.x, box.y, box.width, box.height)
