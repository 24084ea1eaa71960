"""How much of the work is done, and by that how long the rest will take."""

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
        """After so many iterations of the scale with that number (from 1)."""
        now = time.monotonic()
        scale = self._scales[number - 1]
        total = sum(one.megapixel_iterations for one in self._scales)
        done = sum(one.megapixel_iterations for one in self._scales[: number - 1])
        done += scale.megapixel_iterations * iteration / scale.iterations
        # The first step includes tracing, so the speed is measured from its end.
        if self._first is None:
            self._first = (now, done)
        since, before = self._first
        speed = (done - before) / (now - since) if now > since else 0.0
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
