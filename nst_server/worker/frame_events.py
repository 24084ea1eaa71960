"""One frame of an animation: begun with the frame before, which the worker remembers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nst_server.animation.painted_frames import PaintedFrame, next_frame
from nst_server.values.progress import Report
from nst_server.wire.events import Finished, Painting, Started
from nst_server.wire.order import Order, Raster, spooled
from nst_server.wire.spool import Spool
from nst_server.worker.arrays import paint_over, read_mask
from nst_server.worker.job_events import job_events

if TYPE_CHECKING:
    from nst_server.engine.painter import Painter


_SHARE_BY_ITSELF = 0.75
"""Share of a frame's work in its painting by itself, if a second painting follows."""


@dataclass
class Remembered:
    """The last frame that was painted, of one animation at a time."""

    animation: str = ""
    frame: PaintedFrame | None = None


def frame_events(
    painter: Painter, order: Order, keep: Callable[[], bool], remembered: Remembered
) -> Iterator[Started | Painting | Finished]:
    """Yield the events of ``order`` as `job_events` does, and remember it as the frame before.

    A frame takes up to two paintings. One of another animation is painted as the first of that; an
    order of no animation is painted by itself. Raises as `job_events`.
    """
    if not order.animation or order.settings.changes_nothing:
        yield from job_events(painter, order, keep)
        return
    if order.animation != remembered.animation:
        remembered.animation, remembered.frame = order.animation, None
    begun = time.monotonic()
    content, settings = order.content, order.settings
    plan = painter.plan(settings, content.width, content.height)
    yield Started(painter.device, plan.precision, plan.backbone, plan.width, plan.height)
    report = replace(
        Report.untouched(content.width, content.height, settings.preset),
        device=painter.device,
        precision=plan.precision,
        backbone=plan.backbone,
    )
    painting, result = next_frame(order.map(_in_memory), remembered.frame), None
    begin, end = 0.0, 1.0 if remembered.frame is None else _SHARE_BY_ITSELF
    while True:
        try:
            wanted = painting.send(result)
        except StopIteration as ended:
            frame: PaintedFrame = ended.value
            break
        if wanted.init is not None:  # the last painting of a frame begins with the frame before
            begin, end = (end if result else 0.0), 1.0
        for event in job_events(painter, spooled(wanted, Spool.holding), keep):
            if isinstance(event, Painting):
                done = begin + (end - begin) * event.progress.done
                yield replace(event, progress=replace(event.progress, done=done))
            elif isinstance(event, Finished):
                result = event.pixels.read()
                report = _both(report, event.report)
    mask = None if order.mask is None else read_mask(order.mask.pixels, order.mask)
    paint_over(content.pixels, content, frame.painting, mask)
    remembered.frame = frame
    seconds = time.monotonic() - begun
    report = replace(report, seconds=seconds, settings=settings.to_wire())
    yield Finished(content.shape, content.pixels, report)


def _both(before: Report, report: Report) -> Report:
    """Return the report of a painting with the work of those before it."""
    return replace(
        report,
        iterations=before.iterations + report.iterations,
        megapixel_iterations=before.megapixel_iterations + report.megapixel_iterations,
    )


def _in_memory(raster: Raster) -> Raster:
    return Raster.of(raster, raster.pixels.read())
