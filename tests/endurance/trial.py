"""The extent of the trials, and what each of them tells."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.servers import SCRIPTED_WORKER


@dataclass(frozen=True)
class Extent:
    """Counts and lengths of everything that is tried."""

    worker: list[str] | None
    """The worker's command; None for the real one."""
    kills: int
    """Kills of each process at each stage."""
    pauses: int
    iterations: int
    """Iterations of a painting that is paused."""
    longest_pause: float
    """Seconds; pauses that are meant to be longer are cut to it."""
    messages: int
    """Malformed messages."""
    clients: int
    jobs_of_client: int
    commands: int
    """``nst stylize`` at once."""
    jobs: int
    """Jobs in a row."""
    starts: int
    """Starts in each situation."""


FULL = Extent(None, 2, 5, 150, 40.0, 100_000, 8, 12, 24, 500, 2)
SHARE = Extent(SCRIPTED_WORKER, 1, 2, 40, 1.0, 400, 3, 2, 4, 12, 1)
"""As much as a test has time for."""


@dataclass(frozen=True)
class Section:
    """The figures of one trial, as a table with words before it."""

    done: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    wrong: Sequence[str] = ()
    """Faults that were seen, a sentence each."""

    def markdown(self) -> str:
        """The section without its heading."""
        table = [self.headings, ["---"] * len(self.headings), *self.rows]
        lines = ["| " + " | ".join(map(str, row)) + " |" for row in table]
        wrong = [f"- **Wrong**: {sentence}" for sentence in self.wrong]
        parts = [textwrap.fill(self.done, 110), "\n".join(lines), "\n".join(wrong)]
        return "\n\n".join(part for part in parts if part)
