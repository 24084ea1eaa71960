"""Workers that a killed server left: they end by themselves, unless they are stopped or hang."""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path

from nst_server.host import process_lock

_log = logging.getLogger(__name__)

_SECONDS = 5.0
"""Time that the system may take to end a process."""


def worker_lock(server_lock: Path, number: int = 1) -> Path:
    """Return the lock file of the worker in a slot of the server that holds ``server_lock``."""
    which = "" if number == 1 else f"-{number}"
    return server_lock.with_name(f"{server_lock.stem}-worker{which}.lock")


def worker_locks(server_lock: Path) -> list[Path]:
    """Return the lock files of all workers there ever were."""
    return sorted(server_lock.parent.glob(f"{server_lock.stem}-worker*.lock"))


def end_orphan(lock: Path) -> None:
    """Kill the process that holds the worker's ``lock``, if any.

    Call it with the server's lock held: then no server lives that the process could belong to.
    """
    orphan = process_lock.holder(lock)
    if orphan is None:
        return
    try:
        os.kill(orphan, signal.SIGKILL)  # it heeds nothing else: its input has been closed long ago
    except OSError as error:
        _log.warning("worker %d of an earlier server cannot be ended: %s", orphan, error.strerror)
        return
    deadline = time.monotonic() + _SECONDS
    while process_lock.holder(lock) == orphan and time.monotonic() < deadline:
        time.sleep(0.01)
    _log.info("worker %d, which an earlier server had left, was killed", orphan)
