"""The worker as a child process: its start, its state, and its end by ever stronger means."""

from __future__ import annotations

import contextlib
import enum
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO

from nst_server.host.tensorflow_environment import worker_environment

_log = logging.getLogger(__name__)

RUNG_SECONDS = 2.0
"""Seconds to wait at each rung of the ladder of means."""


class Rung(enum.Enum):
    """Means needed to end a process, from the weakest to the strongest."""

    ITSELF = "ended by itself"
    ASKED = "ended when its standard input was closed"
    TERMINATED = "had to be terminated"
    KILLED = "had to be killed"


def default_command() -> list[str]:
    """Return the command of our worker, with the interpreter and isolation of this process."""
    isolation = ["-I"] if sys.flags.isolated else []
    return [sys.executable, *isolation, "-m", "nst_server.worker"]


class WorkerProcess:
    """A child process. It gets one JSON line on its standard input, which then stays open.

    Its standard input closes when this process ends, in whatever way; then the child must end.
    Keys travel in that line because other users can see arguments and, on some systems,
    environments.
    """

    def __init__(
        self, command: Sequence[str], details: Mapping[str, str], variables: Mapping[str, str]
    ) -> None:
        """Start ``command`` with ``variables`` beside ours. Raises `OSError` if that fails."""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=worker_environment({**os.environ, **variables}),
        )
        self._rung = Rung.ITSELF
        self._climb_at = 0.0
        assert self._process.stdin is not None and self._process.stdout is not None
        threading.Thread(
            target=_copy_to_log, args=(self._process.stdout, self.pid), daemon=True
        ).start()
        with contextlib.suppress(OSError):  # it may have ended already: `exit_code` tells
            self._process.stdin.write(json.dumps(dict(details)).encode() + b"\n")
            self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code as `subprocess.Popen.returncode`: None while alive, negative for a signal."""
        return self._process.poll()

    @property
    def ending(self) -> bool:
        """True if it was told to end."""
        return self._rung is not Rung.ITSELF

    @property
    def rung(self) -> Rung:
        """Strongest means used so far."""
        return self._rung

    def end(self, now: float) -> None:
        """Begin to end the process; `climb` continues."""
        if not self.ending:
            self._rung = Rung.ASKED
            self._climb_at = now + RUNG_SECONDS
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def climb(self, now: float) -> bool:
        """Return True if the process has ended; if it is overdue, use the next means."""
        if self.exit_code is not None:
            return True
        if self.ending and now >= self._climb_at:
            self._climb_at = now + RUNG_SECONDS
            if self._rung is Rung.ASKED:
                self._rung = Rung.TERMINATED
                self._process.terminate()
            else:
                self._rung = Rung.KILLED
                self._process.kill()
        return False

    def end_and_wait(self) -> Rung:
        """End the process, whatever it takes, and return the strongest means used."""
        self.end(time.monotonic())
        while not self.climb(time.monotonic()):
            time.sleep(0.01)
        return self._rung

    def describe_end(self) -> str:
        """Describe how the process ended, as part of a sentence."""
        code = self.exit_code or 0
        if code >= 0:
            return f"exit code {code}"
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"


def _copy_to_log(output: IO[bytes], pid: int) -> None:
    """Copy the worker's output to the server's log, which can rotate only with a single writer."""
    for line in output:
        _log.info("worker %d: %s", pid, line.decode("utf-8", "replace").rstrip())
    output.close()
