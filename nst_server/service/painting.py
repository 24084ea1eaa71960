"""One job in the worker, from its pixels to its result."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from nst_server.errors import NeuralStyleError
from nst_server.job import Job
from nst_server.progress import Progress, Report
from nst_server.protocol import Message
from nst_server.service.pixels import paint_over, split_alpha, to_floats
from nst_server.service.worker_link import WorkerLink

if TYPE_CHECKING:
    from nst_server.engine.painter import Iterate, Painter, Picture, Plan

PREVIEW_SIDE = 384
_PROGRESS_SECONDS = 0.1
_PREVIEW_SECONDS = 1 / 3
_PREVIEW_SHARE = 0.1
"""Of the time that previews may take."""


def paint(
    link: WorkerLink, painter: Painter, name: str, job: Job, pixels: list[memoryview]
) -> None:
    """Paint ``job`` and send what its client is to hear, the result last.

    Raises `NeuralStyleError`, `JobCancelledError` and whatever else goes wrong.
    """
    from nst_server.engine.painter import Style

    begun = time.monotonic()
    content_pixels, *others = pixels
    mask = None
    if job.mask is not None:
        mask = to_floats(others.pop(0), job.mask)[..., 0]
    content = _picture(content_pixels, job, 0)
    styles = [
        Style(_picture(others[index], job, index + 1), style.weight)
        for index, style in enumerate(job.styles)
    ]
    plan = painter.plan(job.settings, job.content.width, job.content.height)
    tally = _Tally(link, name)
    _tell_started(link, name, painter, plan)
    last: Iterate | None = None
    kept = False
    for last in painter.stylize(content, styles, job.settings, mask, plan):
        tally.count(last)
        kept = link.wants_to_keep(name)
        if kept:
            break
    if last is None:
        raise NeuralStyleError("internal", "The engine painted nothing.")
    result = paint_over(content_pixels, job.content, last.result(), mask)
    report = tally.report(job, painter, plan, last.progress, time.monotonic() - begun, kept)
    link.send(
        Message(
            "result", {"job": name, "picture": job.content.to_wire(), "report": report.to_wire()}
        )
    )
    link.send_pixels(name, result)


def _picture(pixels: memoryview, job: Job, index: int) -> Picture:
    """The content (0) or a style (from 1) as the engine wants it."""
    from nst_server.engine.painter import Picture

    shape = job.content if index == 0 else job.styles[index - 1].picture
    return Picture(*split_alpha(to_floats(pixels, shape)))


def _tell_started(link: WorkerLink, name: str, painter: Painter, plan: Plan) -> None:
    told = {
        "device": painter.device,
        "precision": plan.precision,
        "backbone": plan.backbone,
        "width": plan.width,
        "height": plan.height,
    }
    link.send(Message("started", {"job": name, **told}))


class _Tally:
    """Counts iterates, and tells the client of them as often as is useful."""

    def __init__(self, link: WorkerLink, name: str) -> None:
        self._link = link
        self._name = name
        self._iterations = 0
        self._megapixel_iterations = 0.0
        self._at = (0, 0)
        """Scale and iteration that were counted last."""
        self._progress_at = 0.0
        self._preview_at = 0.0

    def count(self, iterate: Iterate) -> None:
        """One more iterate."""
        progress = iterate.progress
        scale, before = self._at
        new = progress.iteration - (before if scale == progress.scale else 0)
        self._at = (progress.scale, progress.iteration)
        self._iterations += new
        self._megapixel_iterations += new * progress.width * progress.height / 1e6
        now = time.monotonic()
        if now >= self._preview_at:
            preview = iterate.preview(PREVIEW_SIDE)
            height, width, _ = preview.shape
            progress = replace(progress, preview_width=width, preview_height=height)
            self._tell(progress, preview.tobytes())
            cost = time.monotonic() - now
            self._preview_at = now + max(_PREVIEW_SECONDS, cost / _PREVIEW_SHARE)
            self._progress_at = now + _PROGRESS_SECONDS
        elif now >= self._progress_at or progress.done >= 1:
            self._tell(progress, None)
            self._progress_at = now + _PROGRESS_SECONDS

    def _tell(self, progress: Progress, preview: bytes | None) -> None:
        self._link.send(Message("progress", {"job": self._name, **progress.to_wire()}, preview))

    def report(
        self,
        job: Job,
        painter: Painter,
        plan: Plan,
        progress: Progress,
        seconds: float,
        kept_early: bool,
    ) -> Report:
        """What was done, after the last iterate's ``progress``."""
        return Report(
            width=job.content.width,
            height=job.content.height,
            worked_width=plan.width,
            worked_height=plan.height,
            seconds=seconds,
            device=painter.device,
            precision=plan.precision,
            backbone=plan.backbone,
            preset=job.settings.preset,
            iterations=self._iterations,
            megapixel_iterations=self._megapixel_iterations,
            losses={"total": progress.loss, **progress.terms},
            kept_early=kept_early,
            settings=job.settings.to_wire(),
        )
