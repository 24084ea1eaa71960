"""The share of the work that is done, and an estimate of the time left."""

from __future__ import annotations

import time
from collections.abc import Sequence

from nst_server.engine.planning.schedule import Scale
from nst_server.values.progress import Progress


class Clock:
    """Turns an iteration of a scale into a `Progress`."""

    def __init__(self, scales: Sequence[Scale], started: float) -> None:
        """``started`` is the monotonic time at which the job began."""
        self._scales = scales
        self._started = started
        self._first: tuple[float, float] | None = None

    def progress(
        self, number: int, iteration: int, loss: float, terms: dict[str, float]
    ) -> Progress:
        """Return the progress after ``iteration`` iterations of scale ``number`` (from 1)."""
        now = time.monotonic()
        scale = self._scales[number - 1]
        total = sum(planned.megapixel_iterations for planned in self._scales)
        done = sum(finished.megapixel_iterations for finished in self._scales[: number - 1])
        done += scale.megapixel_iterations * iteration / scale.iterations
        # The first step includes tracing, so the speed is measured from its end.
        if self._first is None:
            self._first = (now, done)
        start, done_at_start = self._first
        speed = (done - done_at_start) / (now - start) if now > start else 0.0
        return Progress(
            scale=number,
            scales=len(self._scales),
            iteration=iteration,
            iterations=scale.iterations,
            done=min(1.0, done / total),
            seconds=now - self._started,
            seconds_left=max(0.0, total - done) / speed if speed else 0.0,
            width=scale.width,
            height=scale.height,
            loss=loss,
            terms=terms,
        )
