"""A small copy of a layer of any size, made strip by strip between the user's events."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from neural_style_gimp.pictures import packed, pixbuf, scaled
from neural_style_gimp.pixels import colour_format, get, release
from neural_style_gimp.target import Target, refusal
from nst_server.geometry import Box, fit_within
from nst_server.job import PictureShape

_STRIP_ROWS = 256
_GRAY = "RGB u8"
"""A mask's values, three times each, because a pixbuf has no single channel."""


@dataclass(frozen=True)
class Reduced:
    """A target's context and what is selected of it, as they travel."""

    shape: PictureShape
    content: bytes
    mask: bytes | None

    @property
    def mask_shape(self) -> PictureShape | None:
        """What the selection looks like on the wire."""
        if self.mask is None:
            return None
        return PictureShape(self.shape.width, self.shape.height, 1, "uint8")

    @property
    def picture(self) -> Any:
        """The content as a pixbuf."""
        alpha = self.shape.channels == 4
        return pixbuf(self.shape.width, self.shape.height, self.content, alpha=alpha)


def reducing(target: Target, longest: int) -> Generator[None, None, Reduced]:
    """Steps of some milliseconds each that lead to a copy within ``longest`` pixels a side.

    Raises `NeuralStyleError` if the layer is deleted meanwhile.
    """
    box = target.context
    width, height = fit_within(box.width, box.height, (longest, longest))
    content, mask = bytearray(), bytearray()
    for top, bottom in _parts(height, max(1, _STRIP_ROWS * height // box.height)):
        if not (target.image.is_valid() and target.layer.is_valid()):
            raise refusal("The layer was deleted.", "Choose another one.")
        above, below = (box.y + row * box.height // height for row in (top, bottom))
        strip = Box(box.x, above, box.width, below - above)
        size = width, bottom - top
        colours = get(target.layer.get_buffer(), strip, colour_format("uint8", target.alpha))
        content += _shrunk(colours, strip, size, alpha=target.alpha)
        if target.selected:
            selection = target.image.get_selection().get_buffer()
            gray = get(selection, strip, _GRAY, shift=target.offset)
            mask += _shrunk(gray, strip, size, alpha=False)[::3]
            del selection
        yield
    release()
    shape = PictureShape(width, height, 4 if target.alpha else 3, "uint8")
    return Reduced(shape, bytes(content), bytes(mask) if target.selected else None)


def reduced(target: Target, longest: int) -> Reduced:
    """As `reducing`, at once."""
    steps = reducing(target, longest)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _parts(rows: int, most: int) -> list[tuple[int, int]]:
    return [(top, min(rows, top + most)) for top in range(0, rows, most)]


def _shrunk(data: Any, box: Box, size: tuple[int, int], *, alpha: bool) -> bytes:
    """Pixels of ``box`` at another size, rows without padding."""
    return packed(scaled(pixbuf(box.width, box.height, data, alpha=alpha), size))
