"""A small copy of a layer of any size, made strip by strip between the user's events."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from neural_style_gimp.i18n import _
from neural_style_gimp.image.flattened import flattened
from neural_style_gimp.image.pixbufs import packed, pixbuf, pixbuf_of, raster_of, scaled
from neural_style_gimp.image.pixels import color_format, get, release
from neural_style_gimp.image.target import Target, refusal
from nst_server.values.geometry import MINIMUM_CONTENT_SIDE, Box, fit_within
from nst_server.wire.order import Raster

T = TypeVar("T")

_STRIP_PIXELS = 2**19
"""Pixels that are read and shrunk in one step."""

_GRAY = "RGB u8"
"""Format of a mask, each value three times because a pixbuf cannot have one channel."""


@dataclass(frozen=True)
class Downscaled:
    """A small copy of a target's context and of the selection over it."""

    content: Raster
    mask: Raster | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the copy."""
        return self.content.width, self.content.height

    def within(self, longest: int) -> Downscaled:
        """Return a smaller copy, with sides as of `downscaling`."""
        size = _size(*self.size, longest)
        content = raster_of(scaled(pixbuf_of(self.content), size))
        if self.mask is None:
            return Downscaled(content, None)
        gray = bytearray(3 * len(self.mask.pixels))
        for channel in range(3):
            gray[channel::3] = self.mask.pixels
        mask = packed(scaled(pixbuf(*self.size, gray), size))[::3]
        return Downscaled(content, Raster(*size, 1, "uint8", mask))


def downscaling(target: Target, longest: int) -> Generator[None, None, Downscaled]:
    """Copy the layer as it is displayed, within ``longest`` pixels a side, in short steps.

    The copy of a very long layer is longer, so that its other side is not too short to be painted.
    Raises `NeuralStyleError` if the layer is deleted meanwhile.
    """
    box = target.context
    size = _size(box.width, box.height, longest)
    with flattened(target.layer) as flat:
        pixels = yield from shrinking(flat, box, size, alpha=target.alpha)
    mask = None
    if target.selected:
        selection = target.image.get_selection()
        mask = yield from masking(selection, target, size)
    return Downscaled(Raster(*size, 4 if target.alpha else 3, "uint8", pixels), mask)


def downscaled(target: Target, longest: int) -> Downscaled:
    """Like `downscaling`, but all at once."""
    return finish(downscaling(target, longest))


def masking(channel: Any, target: Target, size: tuple[int, int]) -> Generator[None, None, Raster]:
    """Copy a channel of the target's image over its context, at ``size``, in short steps.

    Raises the same error as `downscaling`.
    """
    gray = yield from shrinking(channel, target.context, size, format=_GRAY, shift=target.offset)
    return Raster(*size, 1, "uint8", gray[::3])


def shrinking(
    drawable: Any,
    box: Box,
    size: tuple[int, int],
    *,
    alpha: bool = False,
    format: str = "",
    shift: tuple[int, int] = (0, 0),
) -> Generator[None, None, bytes]:
    """Read the pixels of ``box`` at another size, without padding, in steps of some milliseconds.

    ``format`` is that of color by default; ``box`` is shifted by ``shift`` in the drawable. Raises
    `NeuralStyleError` if the drawable is deleted meanwhile.
    """
    width, height = size
    shrunk = bytearray()
    rows = max(1, _STRIP_PIXELS // box.width * height // box.height)
    for top, bottom in _parts(height, rows):
        if not drawable.is_valid():
            raise refusal(_("The layer was deleted."), _("Choose another one."))
        above, below = (box.y + row * box.height // height for row in (top, bottom))
        strip = Box(box.x, above, box.width, below - above)
        format = format or color_format("uint8", alpha)
        data = get(drawable.get_buffer(), strip, format, shift=shift)
        picture = pixbuf(strip.width, strip.height, data, alpha=alpha)
        shrunk += packed(scaled(picture, (width, bottom - top)))
        yield
    release()
    return bytes(shrunk)


def finish(steps: Generator[None, None, T]) -> T:
    """Run all ``steps`` at once and return their result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast("T", end.value)


def _size(width: int, height: int, longest: int) -> tuple[int, int]:
    longest = max(longest, -(-MINIMUM_CONTENT_SIDE * max(width, height) // min(width, height)))
    return fit_within(width, height, (longest, longest))


def _parts(rows: int, most: int) -> list[tuple[int, int]]:
    return [(top, min(rows, top + most)) for top in range(0, rows, most)]
