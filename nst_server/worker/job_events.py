"""One job from its pixels to its result, as a stream of events, with or without a server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nst_server.engine.painter import Picture, Style
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, PictureShape
from nst_server.values.progress import Report
from nst_server.wire.events import Finished, Painting, Started
from nst_server.wire.spool import Spool
from nst_server.worker.arrays import Floats, paint_over, read_mask, read_picture

if TYPE_CHECKING:
    from nst_server.engine.painter import Iterate, Painter

PREVIEW_SIDE = 384
_PROGRESS_SECONDS = 0.1
_PREVIEW_SECONDS = 1 / 3
_PREVIEW_SHARE = 0.1
"""Of the time that previews may take."""


def paint(
    painter: Painter, job: Job, pixels: Sequence[Spool], keep: Callable[[], bool]
) -> Iterator[Started | Painting | Finished]:
    """What a client is to hear of ``job``, its result last.

    ``pixels`` are those of each of ``job.pictures()``; the result is put over the content's.
    ``keep`` is asked after each iterate whether to stop with what there is. Raises
    `NeuralStyleError`, whatever ``keep`` raises, and what goes wrong in the engine.
    """
    begun = time.monotonic()
    content, mask, init, styles = _arrays(job, pixels)
    plan = painter.plan(job.settings, job.content.width, job.content.height)
    yield Started(painter.device, plan.precision, plan.backbone, plan.width, plan.height)
    rhythm = _Rhythm()
    iterations, megapixel_iterations = 0, 0.0
    last: Iterate | None = None
    event: Painting | None = None
    kept = False
    iterates = painter.stylize(content, styles, job.settings, mask, plan, init)
    # A large picture should be in memory once: they are the painter's now.
    del content, init, styles
    for last in iterates:
        progress = last.progress
        if progress.iteration:
            iterations += 1
            megapixel_iterations += progress.width * progress.height / 1e6
        event = rhythm.event(last)
        if event is not None:
            yield event
        kept = keep()
        if kept:
            break
    if last is None:
        raise NeuralStyleError("internal", "The engine painted nothing.")
    if event is None:
        yield Painting(last.progress)
    estimate = None
    if job.planned is not None:
        real = job.planned
        estimate = painter.estimate(real.settings, real.width, real.height)
    if job.settings.strength > 0:  # else every sample stays, colours beyond [0, 1] too
        paint_over(pixels[0], job.content, last.result(), mask)
    yield Finished(
        job.content,
        pixels[0],
        Report(
            width=job.content.width,
            height=job.content.height,
            worked_width=last.progress.width,
            worked_height=last.progress.height,
            seconds=time.monotonic() - begun,
            device=painter.device,
            precision=plan.precision,
            backbone=plan.backbone,
            preset=job.settings.preset,
            iterations=iterations,
            megapixel_iterations=megapixel_iterations,
            losses={"total": last.progress.loss, **last.progress.terms},
            kept_early=kept,
            settings=job.settings.to_wire(),
            estimate=estimate,
        ),
    )


def _arrays(
    job: Job, pixels: Sequence[Spool]
) -> tuple[Picture, Floats | None, Picture | None, list[Style]]:
    """Content, mask, initial picture and styles as the engine wants them."""
    spools = iter(pixels)

    def picture(shape: PictureShape) -> Picture:
        return Picture(*read_picture(next(spools), shape))

    def mask(shape: PictureShape | None) -> Floats | None:
        return None if shape is None else read_mask(next(spools), shape)

    # In the order of `Job.pictures`.
    content, selection = picture(job.content), mask(job.mask)
    init = None if job.init is None else picture(job.init)
    styles = [Style(picture(style.picture), style.weight, mask(style.mask)) for style in job.styles]
    return content, selection, init, styles


class _Rhythm:
    """Tells of iterates as often as is useful."""

    def __init__(self) -> None:
        self._progress_at = 0.0
        self._preview_at = 0.0

    def event(self, iterate: Iterate) -> Painting | None:
        """The event for ``iterate``, with a preview if one is due; None if it is too early."""
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
