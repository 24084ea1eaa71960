"""One job, from its order to its result, as a stream of events; with or without a server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nst_server.engine.canvas.picture import Picture, Style
from nst_server.values.errors import NeuralStyleError
from nst_server.values.progress import Estimate, Report
from nst_server.wire.events import Finished, Painting, Started
from nst_server.wire.order import Order, Raster
from nst_server.worker.arrays import Floats, paint_over, read_mask, read_picture

if TYPE_CHECKING:
    from nst_server.engine.iterate import Iterate
    from nst_server.engine.painter import Painter
    from nst_server.engine.planning.schedule import Plan

PREVIEW_SIDE = 384
"""Longest side of a preview in pixels."""

_PROGRESS_SECONDS = 0.1
_PREVIEW_SECONDS = 1 / 3
_PREVIEW_SHARE = 0.1
"""Largest share of the time that previews may take."""


def job_events(
    painter: Painter, order: Order, keep: Callable[[], bool]
) -> Iterator[Started | Painting | Finished]:
    """Paint ``order`` and yield its events, the result last.

    The result is written over the content's pixels. ``keep`` is asked after each iterate whether
    to stop with the painting as it is. Raises `NeuralStyleError`, whatever ``keep`` raises, and
    the engine's own errors.
    """
    tally = _Tally()
    settings, content = order.settings, order.content
    plan = painter.plan(settings, content.width, content.height)
    yield Started(painter.device, plan.precision, plan.backbone, plan.width, plan.height)
    throttle = _Throttle()
    event: Painting | None = None
    for iterate in _iterates(painter, order, plan):
        tally.add(iterate)
        event = throttle.event(iterate)
        if event is not None:
            yield event
        tally.kept_early = keep()
        if tally.kept_early:
            break
    last = tally.last
    if last is None:
        raise NeuralStyleError("internal", "The engine painted nothing.")
    if event is None:
        yield Painting(last.progress)
    estimate = _estimate(painter, order)
    if not settings.changes_nothing:  # otherwise every sample stays, also beyond [0, 1]
        paint_over(content.pixels, content, last.result(), _mask(order.mask))
    yield Finished(content.shape, content.pixels, tally.report(painter, order, plan, estimate))
    _prepare(painter, order)


@dataclass
class _Tally:
    """Work done so far, for the report."""

    begun: float = field(default_factory=time.monotonic)
    last: Iterate | None = None
    iterations: int = 0
    megapixel_iterations: float = 0.0
    kept_early: bool = False

    def add(self, iterate: Iterate) -> None:
        self.last = iterate
        progress = iterate.progress
        if progress.iteration:
            self.iterations += 1
            self.megapixel_iterations += progress.width * progress.height / 1e6

    def report(
        self, painter: Painter, order: Order, plan: Plan, estimate: Estimate | None
    ) -> Report:
        """Return the report of a finished job. Call it after at least one `add`."""
        assert self.last is not None
        progress = self.last.progress
        return Report(
            width=order.content.width,
            height=order.content.height,
            worked_width=progress.width,
            worked_height=progress.height,
            seconds=time.monotonic() - self.begun,
            device=painter.device,
            precision=plan.precision,
            backbone=plan.backbone,
            preset=order.settings.preset,
            iterations=self.iterations,
            megapixel_iterations=self.megapixel_iterations,
            losses={"total": progress.loss, **progress.terms},
            kept_early=self.kept_early,
            settings=order.settings.to_wire(),
            estimate=estimate,
        )


def _iterates(painter: Painter, order: Order, plan: Plan) -> Iterator[Iterate]:
    """Return the painter's iterates; no other name holds pictures, so large ones exist once."""
    init = None if order.init is None else _picture(order.init)
    return painter.stylize(
        _picture(order.content), _styles(order), order.settings, _mask(order.mask), plan, init
    )


def _prepare(painter: Painter, order: Order) -> None:
    """Get the painter ready for the painting that a draft previews, which may be asked for soon."""
    planned = order.planned
    if planned is None or order.settings.changes_nothing or not painter.compiler.compiles:
        return
    size = planned.width, planned.height
    # The painted draft stands for the picture: programs depend on sizes alone.
    content, mask = _picture(order.content), _mask(order.mask)
    painter.prepare(content, _styles(order), planned.settings, mask, size)


def _styles(order: Order) -> list[Style]:
    return [
        Style(_picture(style.picture), style.weight, _mask(style.mask)) for style in order.styles
    ]


def _picture(raster: Raster) -> Picture:
    return Picture(*read_picture(raster.pixels, raster))


def _mask(raster: Raster | None) -> Floats | None:
    return None if raster is None else read_mask(raster.pixels, raster)


def _estimate(painter: Painter, order: Order) -> Estimate | None:
    planned = order.planned
    if planned is None:
        return None
    return painter.estimate(planned.settings, planned.width, planned.height)


class _Throttle:
    """Passes on iterates as events, as often as is useful."""

    def __init__(self) -> None:
        self._progress_at = 0.0
        self._preview_at = 0.0

    def event(self, iterate: Iterate) -> Painting | None:
        """Return the event for ``iterate``, with a preview if due; None if it is too early."""
        progress = iterate.progress
        now = time.monotonic()
        if now >= self._preview_at:
            return self._with_preview(iterate, now)
        if now >= self._progress_at:
            self._progress_at = now + _PROGRESS_SECONDS
            return Painting(progress)
        return None

    def _with_preview(self, iterate: Iterate, now: float) -> Painting:
        preview = iterate.preview(PREVIEW_SIDE)
        height, width, _ = preview.shape
        cost = time.monotonic() - now
        self._preview_at = now + max(_PREVIEW_SECONDS, cost / _PREVIEW_SHARE)
        self._progress_at = now + _PROGRESS_SECONDS
        progress = replace(iterate.progress, preview_width=width, preview_height=height)
        return Painting(progress, preview.tobytes())
