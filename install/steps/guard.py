"""A lock that allows only one installer at a time in a folder."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from steps.manifest import NAME
from steps.report import SetupError

_held: list[int] = []


def held() -> tuple[int, ...]:
    """Lock to pass to a child, which still changes the folder if this process is killed."""
    return () if sys.platform == "win32" else tuple(_held)


def lock_file(root: Path) -> Path:
    """Path beside ``root``, so that uninstalling can remove it; inside if that is not writable."""
    root = root.resolve()
    inside = root.is_dir() and not os.access(root.parent, os.W_OK)
    return (root if inside else root.parent) / f".{root.name}.lock"


@contextlib.contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Hold the lock of ``root``; it is released however this process ends.

    Its file is private to the user and is removed with the installation. Raises `SetupError` if
    another process holds the lock.
    """
    path = lock_file(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
                raise FileNotFoundError  # it was removed between opening and locking
        except OSError:
            raise SetupError(
                f"Another installation into {root} is running.", "Wait until it has ended."
            ) from None
        _held.append(file.fileno())
        try:
            yield
        finally:
            _held.remove(file.fileno())
            # Windows cannot remove an open file, and once closed another process may hold it.
            if sys.platform != "win32" and not (root / NAME).exists():
                path.unlink(missing_ok=True)
