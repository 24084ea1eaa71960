"""Servers of a home that no message ends: frozen ones, and those of other networks or machines."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from nst_server.broker.file_lock import server_holding
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError

_ENDING_SECONDS = 1.0
"""A server that a message has ended is gone by then."""
_PATIENCE_SECONDS = 8.0
"""A server that was asked to end gives its worker six."""
_PAUSE = 0.05


def end_by_signals(home: Home) -> bool:
    """End every server whose process can be told for sure. Return True if there was one.

    Raises `NeuralStyleError` ``server-failed`` that names the process of another.
    """
    running = [path for path in home.lock_files() if not _is_free(path, _ENDING_SECONDS)]
    for path in running:
        _end(path)
    return bool(running)


def _is_free(lock: Path, seconds: float) -> bool:
    """True if nobody has the lock, or not for longer than so many seconds."""
    deadline = time.monotonic() + seconds
    while server_holding(lock) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _end(lock: Path) -> None:
    """Terminate the holder of the lock, or else kill it."""
    numbers = [] if sys.platform == "win32" else [signal.SIGTERM, signal.SIGKILL]
    for number in numbers:
        pid = server_holding(lock)
        if pid is None:
            return
        if not _has_open(pid, lock):
            raise _beyond_reach(lock, pid)
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            os.kill(pid, signal.SIGCONT)  # one that was stopped ends well, and its worker with it
        if _is_free(lock, _PATIENCE_SECONDS):
            return
    raise _beyond_reach(lock, server_holding(lock) or 0)


def _has_open(pid: int, path: Path) -> bool:
    """True if that process has that file open: in another container the number is another's."""
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if link.samefile(path):
                    return True
    return False


def _beyond_reach(lock: Path, pid: int) -> NeuralStyleError:
    return NeuralStyleError(
        "server-failed",
        "A server of this home still runs, as process {pid}, and cannot be ended from here.",
        "Process {pid} is to be ended where it was started, be it another machine or a container; "
        "its files are in {folder}.",
        pid=pid,
        folder=lock.parent,
    )
