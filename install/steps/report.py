"""Messages to the user at the terminal, and running other programs without falling silent."""

from __future__ import annotations

import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

QUIET_SECONDS = 20.0
"""Longest silence before a sign of life where no line can be rewritten."""


class SetupError(Exception):
    """A failure in words: what went wrong, and what to do about it."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(f"{sentence} {hint}".strip())


class SetupReport:
    """One line for each step; on a terminal the last line is updated in place."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._live = False
        self._last = time.monotonic()

    def line(self, text: str) -> None:
        """Print a permanent line."""
        if self._live:
            print("\r\033[K", end="")
            self._live = False
        print(text, flush=True)
        self._last = time.monotonic()

    def alive(self, text: str) -> None:
        """Show the current activity."""
        if self._terminal:
            width = max(20, shutil.get_terminal_size().columns - 1)
            print("\r\033[K" + text[:width], end="", flush=True)
            self._live = True
        elif time.monotonic() - self._last > QUIET_SECONDS:
            self.line(text)


def clock(seconds: float) -> str:
    """Format a duration as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def run(
    command: Sequence[str | Path],
    report: SetupReport,
    *,
    doing: str,
    log: Path,
    environment: Mapping[str, str] | None = None,
    describe: Callable[[str], str | None] = lambda line: None,
    pass_fds: tuple[int, ...] = (),
) -> tuple[int, str]:
    """Run ``command``; its output goes to ``log`` and is returned with the exit code.

    ``describe`` turns a line of output into the text to show to the user, or None. The program is
    ended when this one is interrupted.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=pass_fds,
        env=None if environment is None else dict(environment),
        encoding="utf-8",
        errors="replace",
    )
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    output: list[str] = []
    started, now = time.monotonic(), ""
    try:
        with log.open("a", encoding="utf-8") as record:
            record.write(f"\n$ {' '.join(words)}\n")
            while True:
                try:
                    line = lines.get(timeout=0.5)
                except queue.Empty:
                    line = ""
                if line is None:
                    break
                record.write(line)
                output.append(line)
                now = describe(line.strip()) or now
                elapsed = clock(time.monotonic() - started)
                report.alive("    " + " ".join(filter(None, (doing, now, elapsed))))
    except BaseException:
        process.terminate()
        raise
    finally:
        process.wait()
    return process.returncode, "".join(output)


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)
