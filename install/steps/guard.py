"""One installer at a time in one folder."""

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
    """The lock, for a child that must hold it on if we are killed: it still changes the folder."""
    return () if sys.platform == "win32" else tuple(_held)


def lock_file(root: Path) -> Path:
    """Beside ``root``, so that an uninstalled folder can go; in it where that cannot be written."""
    root = root.resolve()
    inside = root.is_dir() and not os.access(root.parent, os.W_OK)
    return (root if inside else root.parent) / f".{root.name}.lock"


@contextlib.contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Hold the lock of ``root``, which ends with this process however it ends.

    Its file is the user's alone, and goes with the installation. Raises `SetupError` if it is held.
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
            _held.clear()
            # Windows would not remove it while it is open, and later it may be another's.
            if sys.platform != "win32" and not (root / NAME).exists():
                path.unlink(missing_ok=True)
