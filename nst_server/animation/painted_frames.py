"""Frames painted one after the other, each begun with the painting before."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nst_server.animation.carrying import Carried, carried, mixed
from nst_server.animation.motion import Pixels
from nst_server.animation.neighborhood import Plane
from nst_server.values.settings import Settings
from nst_server.wire.order import Order, Raster

T = TypeVar("T")

Paint = Callable[[Order], Any]
"""Paints an order; returns the bytes of the result, with the shape of the content."""

_SHARE_OF_ITERATIONS = 1 / 3
"""Iterations of a painting that begins with another, by those of one that begins with nothing."""

_LEVEL = 1 / 255
"""Difference of opacities that nobody sees."""

_FEW = 1e-3
"""Share of a frame that was not to be seen before and is not worth a painting of its own."""


def painted_frames(orders: Iterable[Order], paint: Paint) -> Iterator[bytes]:
    """Yield the pixels of each order's result; ``paint`` is called as often as is needed.

    The contents are the frames, of one size and sample type. What looks as it did stays as it was
    painted, where it is now. What changes goes on from there, at the finest scale; what comes
    into sight is painted as in a picture by itself, and then worked in.
    """
    before: PaintedFrame | None = None
    for order in orders:
        if order.settings.changes_nothing:
            yield bytes(paint(order))
            continue
        before = _painted(next_frame(order, before), paint)
        yield before.over(order.content)


@dataclass(frozen=True)
class PaintedFrame:
    """A painting, and what each of its pixels was painted of."""

    painting: Pixels
    content: Pixels
    opacity: Plane
    """Share of each pixel that was painted, 0 to 1: the selection, or 1 everywhere."""

    def over(self, content: Raster) -> bytes:
        """Return the painting with the sample type and the alpha of ``content``."""
        samples = _samples(content).copy()
        scaled = np.clip(self.painting, 0, 1) * np.float32(_top(samples))
        samples[..., :3] = scaled if samples.dtype.kind == "f" else np.rint(scaled)
        return bytes(samples)


FramePainting = Generator[Order, Any, T]
"""Yields the orders that are to be painted, and is sent the bytes of each result."""


def next_frame(order: Order, before: PaintedFrame | None) -> FramePainting[PaintedFrame]:
    """Have a frame painted that follows ``before``, which is None for the first; return it."""
    frame, opacity = _seen(order.content), _opacity(order)
    if before is None or before.content.shape != frame.shape:
        return PaintedFrame((yield from _colors(order)), frame, opacity)
    moved, opacity_before = _moved(before, frame, opacity)
    if not moved.known.any():  # another scene
        return PaintedFrame((yield from _colors(order)), frame, opacity)
    if moved.kept.min() == 1:
        return PaintedFrame(moved.painting, moved.content, opacity_before)
    init = yield from _start(order, moved)
    onwards = replace(order, settings=_onwards(order.settings), init=init)
    return PaintedFrame(
        mixed(moved.kept, moved.painting, (yield from _colors(onwards))),
        mixed(moved.kept, moved.content, frame),
        np.maximum(opacity, moved.kept * opacity_before),
    )


def _moved(before: PaintedFrame, frame: Pixels, opacity: Plane) -> tuple[Carried, Plane]:
    """Return the frame before where things are now, and its opacity.

    What comes from outside the selection was not painted, so it is not known where it is inside.
    """
    both = np.dstack([before.painting, before.opacity])
    moved = carried(both, before.content, frame)
    opacity_before = moved.painting[..., 3]
    was_painted = (opacity_before >= opacity - _LEVEL).astype(np.float32)
    return (
        replace(
            moved,
            painting=moved.painting[..., :3],
            known=moved.known * was_painted,
            kept=moved.kept * was_painted,
        ),
        opacity_before,
    )


def _painted(painting: FramePainting[PaintedFrame], paint: Paint) -> PaintedFrame:
    result = None
    while True:
        try:
            order = painting.send(result)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]
        result = paint(order)


def _start(order: Order, moved: Carried) -> FramePainting[Raster]:
    """The painting before, with what comes into sight as this frame by itself has it."""
    start = moved.painting
    if 1 - moved.known.mean() > _FEW:
        start = mixed(moved.known, start, (yield from _colors(order)))
    height, width, _ = start.shape
    return Raster(width, height, 3, "float32", np.ascontiguousarray(start).data.cast("B"))


def _onwards(settings: Settings) -> Settings:
    """One scale, so that the strokes that are there stay, and fewer iterations."""
    iterations = max(1, round(settings.iterations * _SHARE_OF_ITERATIONS))
    return replace(settings, init="picture", coarsest=0, iterations=iterations)


def _colors(order: Order) -> FramePainting[Pixels]:
    painted = _floats(Raster.of(order.content, (yield order)))
    return np.asarray(painted[..., :3])


def _seen(content: Raster) -> Pixels:
    """Colors as far as they are opaque, and alpha: what is invisible does not differ."""
    pixels = _floats(content)
    if content.channels == 3:
        return pixels
    alpha = pixels[..., 3:]
    return np.dstack([pixels[..., :3] * alpha, alpha])


def _opacity(order: Order) -> Plane:
    if order.mask is None:
        return np.ones((order.content.height, order.content.width), np.float32)
    return _floats(order.mask)[..., 0]


def _samples(raster: Raster) -> npt.NDArray[Any]:
    shape = raster.height, raster.width, raster.channels
    dtype = np.dtype(raster.sample).newbyteorder("<")
    return np.asarray(np.frombuffer(raster.pixels, dtype).reshape(shape))


def _floats(raster: Raster) -> Pixels:
    """Return samples as 0 to 1; NaN, as floats may be, becomes 0."""
    samples = _samples(raster)
    floats = np.asarray(samples / np.float32(_top(samples)), np.float32)
    return np.clip(np.nan_to_num(floats), 0, 1) if samples.dtype.kind == "f" else floats


def _top(samples: npt.NDArray[Any]) -> int:
    return 1 if samples.dtype.kind == "f" else int(np.iinfo(samples.dtype).max)
