"""One installer at a time in one folder."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from steps.report import SetupError

_held: list[int] = []


def held() -> tuple[int, ...]:
    """The lock, for a child that must hold it on if we are killed: it still changes the folder."""
    return () if sys.platform == "win32" else tuple(_held)


@contextlib.contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Hold the lock of ``root``, which ends with this process however it ends.

    It lies outside, so that an uninstalled folder can go. Raises `SetupError` if it is held.
    """
    name = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"neural-style-{name}.lock"
    with path.open("a") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SetupError(
                f"Another installation into {root} is running.", "Wait until it has ended."
            ) from None
        _held.append(file.fileno())
        try:
            yield
        finally:
            _held.clear()
