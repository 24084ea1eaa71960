"""The number of steps that are under way before the host waits for the first of them."""

from __future__ import annotations

import time

MOST_ON_GPU = 8
"""Steps under way on a GPU. The older half is waited for, so the others go on meanwhile."""

_SECONDS = 0.1
"""Work, in seconds, that may be under way: what a person does is obeyed after it."""


class Pace:
    """Lets as many steps be under way as take a tenth of a second, within ``most``."""

    def __init__(self, most: int, seconds: float = _SECONDS) -> None:
        """``most`` is 1 where a step is done when its function returns, as on a processor."""
        self.waits = 0
        """Number of times that the host has waited."""
        self._most = most
        self._seconds = seconds
        self._ahead = 1
        self._before: float | None = None

    def due(self, under_way: int) -> int:
        """Return the number of steps to wait for now."""
        return 0 if under_way < self._ahead else max(1, self._ahead // 2)

    def has_waited(self, steps: int) -> None:
        """Take note that ``steps`` steps have been waited for."""
        now = time.monotonic()
        if self._before is not None:
            step = max(1e-6, (now - self._before) / steps)
            self._ahead = int(max(1, min(self._most, self._seconds / step)))
        self._before = now
        self.waits += 1
