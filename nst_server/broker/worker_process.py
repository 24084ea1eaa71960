"""The worker as a child process: its start, its state, and its end by a ladder of means."""

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
"""How long each rung of the ladder is waited for."""


class Rung(enum.Enum):
    """What it took to end a process."""

    ITSELF = "ended by itself"
    ASKED = "ended when its standard input was closed"
    TERMINATED = "had to be terminated"
    KILLED = "had to be killed"


def default_command() -> list[str]:
    """The worker of this package under the interpreter, and isolation, of this process."""
    isolation = ["-I"] if sys.flags.isolated else []
    return [sys.executable, *isolation, "-m", "nst_server.worker"]


class WorkerProcess:
    """One child. It gets one JSON line on its standard input, which is then held open.

    Its standard input closes with this process, however that ends: the child must end then. Keys
    travel that way because other users can see arguments and, on some systems, environments.
    """

    def __init__(self, command: Sequence[str], details: Mapping[str, str]) -> None:
        """Start ``command``. Raises `OSError` if that is not possible."""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=worker_environment(os.environ),
        )
        self._rung = Rung.ITSELF
        self._climb_at = 0.0
        assert self._process.stdin is not None and self._process.stdout is not None
        threading.Thread(
            target=_copy_to_log, args=(self._process.stdout, self.pid), daemon=True
        ).start()
        with contextlib.suppress(OSError):  # it may have ended already: `ended` tells
            self._process.stdin.write(json.dumps(dict(details)).encode() + b"\n")
            self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """As `subprocess.Popen.returncode`: None while it lives, negative for a signal."""
        return self._process.poll()

    @property
    def ending(self) -> bool:
        """Whether it was told to end."""
        return self._rung is not Rung.ITSELF

    @property
    def rung(self) -> Rung:
        """The strongest means used so far."""
        return self._rung

    def end(self, now: float) -> None:
        """Begin to end it; `climb` goes on with that."""
        if not self.ending:
            self._rung = Rung.ASKED
            self._climb_at = now + RUNG_SECONDS
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def climb(self, now: float) -> bool:
        """Whether it has ended; if it should have and has not, the next means is taken."""
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
        """End it, whatever it takes; what was needed."""
        self.end(time.monotonic())
        while not self.climb(time.monotonic()):
            time.sleep(0.01)
        return self._rung

    def describe_end(self) -> str:
        """How it ended, as a part of a sentence."""
        code = self.exit_code or 0
        if code >= 0:
            return f"exit code {code}"
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"


def _copy_to_log(output: IO[bytes], pid: int) -> None:
    """Write what the worker prints into the server's log: one writer, so that it can rotate."""
    for line in output:
        _log.info("worker %d: %s", pid, line.decode("utf-8", "replace").rstrip())
    output.close()
