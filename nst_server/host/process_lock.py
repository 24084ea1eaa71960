"""A lock on a file that names the process which holds it; the system ends it with the process."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

_LAYOUTS = {"linux": ("hhqqi4x", (0, 4)), "darwin": ("qqihh", (3, 2))}
"""The system's ``struct flock``, and where in it the kind of lock and the process are."""


def hold(path: Path) -> None:
    """Lock ``path`` until this process ends. Raises `OSError` if another process has it."""
    if sys.platform != "win32":
        import fcntl

        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def holder(path: Path) -> int | None:
    """Return the id of the process that holds ``path``; None if none does or nothing tells.

    It is the system's own answer, so it is never about a process of another program that has got
    the same number since.
    """
    if sys.platform not in _LAYOUTS:
        return None
    import fcntl

    layout, (kind, process) = _LAYOUTS[sys.platform]
    question = [0] * len(struct.unpack(layout, bytes(struct.calcsize(layout))))
    question[kind] = fcntl.F_WRLCK
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            answer = fcntl.fcntl(handle, fcntl.F_GETLK, struct.pack(layout, *question))
        finally:
            os.close(handle)
    except OSError:
        return None
    fields = struct.unpack(layout, answer)
    is_held = fields[kind] == fcntl.F_WRLCK
    return fields[process] if is_held and fields[process] > 0 else None
