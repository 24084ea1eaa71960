"""Output for a person at a shell: a progress bar with the time left; nothing when piped."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from nst_server.values.errors import NeuralStyleError
from nst_server.values.progress import Progress, Report
from nst_server.wire.events import Event, Painting, Queued, Started

if TYPE_CHECKING:
    from rich import progress as rich_progress


Failures: TypeAlias = list[tuple[Path, NeuralStyleError]]
"""Pictures that could not be painted, each with the reason."""


class Console:
    """A progress bar on standard error if that is a terminal; a context manager."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._frame, self._frames = 1, 1
        self._bar: rich_progress.Progress | None = None

    def __enter__(self) -> Console:
        if self._shown:
            from rich import console, progress

            # Of its own, so that it is seen while the chatter of libraries is hidden.
            self._stream = os.fdopen(os.dup(2), "w", encoding=sys.stderr.encoding)

            self._bar = progress.Progress(
                progress.TextColumn("{task.description}"),
                progress.BarColumn(),
                progress.TaskProgressColumn(),
                progress.TextColumn("{task.fields[left]}"),
                console=console.Console(file=self._stream),
                transient=True,
            )
            self._task = self._bar.add_task("Connecting", total=1.0, left="")
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._stream.close()

    def waiting(self, seconds: float) -> None:
        """Show that the server is starting."""
        self._say(f"Starting the server ({seconds:.0f} s)")

    def begin_frame(self, number: int, count: int) -> None:
        """Show from now on that this frame of ``count`` is painted, numbered from 1."""
        self._frame, self._frames = number, count

    def show(self, event: Event) -> None:
        """Show what an event tells."""
        match event:
            case Queued(position):
                self.queued(position)
            case Started():
                self.started(event)
            case Painting(progress):
                self.painting(progress)

    def queued(self, position: int) -> None:
        """Show that the job waits for others or for its worker."""
        self._say(f"Waiting for {position} other jobs" if position else "Loading the network")

    def started(self, event: Started) -> None:
        """Show that a worker took the job."""
        self._say(f"Painting at {event.width}×{event.height} on {event.where}")

    def painting(self, progress: Progress) -> None:
        """Show that another iteration is done."""
        if self._bar is None:
            return
        left = f"{_duration(progress.seconds_left)} left" if progress.seconds_left else ""
        words = f"Painting at {progress.width}×{progress.height} "
        words += f"(scale {progress.scale} of {progress.scales})"
        if self._frames > 1:
            words += f", frame {self._frame} of {self._frames}"
            left += " in it" if left else ""
        # A frame may take two paintings, so the bar moves from frame to frame only. The painting is
        # complete only once saved: never show 100 % before.
        done = progress.done if self._frames == 1 else (self._frame - 1) / self._frames
        self._bar.update(self._task, completed=min(done, 0.99), description=words, left=left)

    def finished(self, output: Path, report: Report) -> None:
        """Print one line about the result if standard output is a terminal."""
        if not sys.stdout.isatty():
            return
        size = f"{report.width}×{report.height}"
        if report.enlarged:
            size += f", painted at {report.worked_width}×{report.worked_height}"
        print(f"{output}: {size}, {_duration(report.seconds)} on {report.device}.")

    def _say(self, words: str) -> None:
        if self._bar is not None:
            self._bar.update(self._task, description=words)


class FolderConsole(Console):
    """One bar over many pictures, of which several may be painted at once."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._total = total
        self._ended = 0
        self._shares: dict[Path, float] = {}
        """Share that is done of each picture under way."""
        self._name = ""
        self._begun = time.monotonic()

    def begin(self, content: Path) -> None:
        """Show that the next picture has its turn."""
        self._name = content.name
        self._share(content, 0.0)

    def show_of(self, content: Path, event: Event) -> None:
        """Show what an event tells of a picture that has begun."""
        match event:
            case Queued(position):
                self.queued(position)
            case Painting(progress):
                self._share(content, progress.done)

    def end(self, content: Path) -> None:
        """Show that a picture is painted, or has failed."""
        self._shares.pop(content, None)
        self._ended += 1

    def _share(self, content: Path, done: float) -> None:
        self._shares[content] = done
        if self._bar is None:
            return
        share = (self._ended + sum(self._shares.values())) / self._total
        elapsed = time.monotonic() - self._begun
        number = self._ended + len(self._shares)
        self._bar.update(
            self._task,
            completed=min(share, 0.99),
            description=f"Painting {number} of {self._total}: {self._name}",
            left=f"{_duration(elapsed / share - elapsed)} left" if share else "",
        )


def print_failures(failures: Failures) -> None:
    """Print one line for each picture that failed."""
    for path, error in failures:
        name = "" if str(path) in error.sentence else f"{path}: "
        print(f"nst: {name}{error}", file=sys.stderr)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
