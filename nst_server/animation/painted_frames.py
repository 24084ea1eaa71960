"""Frames painted one after the other, each begun with the painting before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nst_server.animation.carrying import Carried, carried, mixed
from nst_server.animation.motion import Pixels
from nst_server.values.settings import Settings
from nst_server.wire.order import Order, Raster

Paint = Callable[[Order], Any]
"""Paints an order; returns the bytes of the result, with the shape of the content."""

_SHARE_OF_ITERATIONS = 1 / 3
"""Iterations of a painting that begins with another, by those of one that begins with nothing."""

_FEW = 1e-3
"""Share of a frame that was not to be seen before and is not worth a painting of its own."""


def painted_frames(orders: Iterable[Order], paint: Paint) -> Iterator[bytes]:
    """Yield the pixels of each order's result; ``paint`` is called as often as is needed.

    The contents are the frames, of one size and sample type. What looks as it did stays as it was
    painted, where it is now. What changes goes on from there, at the finest scale; what comes
    into sight is painted as in a picture by itself, and then worked in.
    """
    before: _Frame | None = None
    for order in orders:
        if order.settings.changes_nothing:
            yield bytes(paint(order))
            continue
        frame = _seen(order.content)
        if before is None:
            before = _first(order, frame, paint)
        else:
            before = _next(order, frame, before, paint)
        yield _over(order.content, before.painting)


@dataclass(frozen=True)
class _Frame:
    """A painting, and what each of its pixels was painted of."""

    painting: Pixels
    content: Pixels


def _first(order: Order, frame: Pixels, paint: Paint) -> _Frame:
    return _Frame(_colors(order, paint), frame)


def _next(order: Order, frame: Pixels, before: _Frame, paint: Paint) -> _Frame:
    moved = carried(before.painting, before.content, frame)
    if not moved.known.any():  # another scene
        return _first(order, frame, paint)
    if moved.kept.min() == 1:
        return _Frame(moved.painting, moved.content)
    init = _start(order, moved, paint)
    onwards = replace(order, settings=_onwards(order.settings), init=init)
    painting = mixed(moved.kept, moved.painting, _colors(onwards, paint))
    return _Frame(painting, mixed(moved.kept, moved.content, frame))


def _start(order: Order, moved: Carried, paint: Paint) -> Raster:
    """The painting before, with what comes into sight as this frame by itself has it."""
    start = moved.painting
    if 1 - moved.known.mean() > _FEW:
        start = mixed(moved.known, start, _colors(order, paint))
    height, width, _ = start.shape
    return Raster(width, height, 3, "float32", np.ascontiguousarray(start).data.cast("B"))


def _onwards(settings: Settings) -> Settings:
    """One scale, so that the strokes that are there stay, and fewer iterations."""
    iterations = max(1, round(settings.iterations * _SHARE_OF_ITERATIONS))
    return replace(settings, init="picture", coarsest=0, iterations=iterations)


def _colors(order: Order, paint: Paint) -> Pixels:
    painted = _floats(Raster.of(order.content, paint(order)))
    return np.asarray(painted[..., :3])


def _seen(content: Raster) -> Pixels:
    """Colors as far as they are opaque, and alpha: what is invisible does not differ."""
    pixels = _floats(content)
    if content.channels == 3:
        return pixels
    alpha = pixels[..., 3:]
    return np.dstack([pixels[..., :3] * alpha, alpha])


def _samples(raster: Raster) -> npt.NDArray[Any]:
    shape = raster.height, raster.width, raster.channels
    dtype = np.dtype(raster.sample).newbyteorder("<")
    return np.asarray(np.frombuffer(raster.pixels, dtype).reshape(shape))


def _floats(raster: Raster) -> Pixels:
    samples = _samples(raster)
    return np.asarray(samples / np.float32(_top(samples)), np.float32)


def _over(content: Raster, painting: Pixels) -> bytes:
    """The painting with the content's sample type and alpha."""
    samples = _samples(content).copy()
    scaled = np.clip(painting, 0, 1) * np.float32(_top(samples))
    samples[..., :3] = scaled if samples.dtype.kind == "f" else np.rint(scaled)
    return bytes(samples)


def _top(samples: npt.NDArray[Any]) -> int:
    return 1 if samples.dtype.kind == "f" else int(np.iinfo(samples.dtype).max)
