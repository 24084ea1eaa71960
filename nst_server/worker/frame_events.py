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


@dataclass
class Remembered:
    """The last frame that was painted, of one animation at a time."""

    animation: str = ""
    frame: PaintedFrame | None = None


def frame_events(
    painter: Painter, order: Order, keep: Callable[[], bool], remembered: Remembered
) -> Iterator[Started | Painting | Finished]:
    """Yield the events of ``order`` as `job_events` does, and remember it as the frame before.

    It takes no painting, one or two. What is not of the animation that is remembered begins one,
    or is a picture by itself. Raises as `job_events`.
    """
    if order.animation != remembered.animation:
        remembered.animation, remembered.frame = order.animation, None
    if not order.animation or order.settings.changes_nothing:
        yield from job_events(painter, order, keep)
        return
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
    paintings, result = next_frame(order.map(_in_memory), remembered.frame), None
    while True:
        try:
            wanted = paintings.send(result)
        except StopIteration as ended:
            frame: PaintedFrame = ended.value
            break
        for event in job_events(painter, spooled(wanted, Spool.holding), keep):
            if isinstance(event, Painting):
                yield event
            elif isinstance(event, Finished):
                result, report = event.pixels.read(), event.report
    mask = None if order.mask is None else read_mask(order.mask.pixels, order.mask)
    paint_over(content.pixels, content, frame.painting, mask)
    remembered.frame = frame
    seconds = time.monotonic() - begun
    report = replace(report, seconds=seconds, settings=settings.to_wire())
    yield Finished(content.shape, content.pixels, report)


def _in_memory(raster: Raster) -> Raster:
    return Raster.of(raster, raster.pixels.read())
