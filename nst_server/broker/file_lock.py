"""A file lock that permits one server per home; the system releases it however its holder ends."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from types import TracebackType


class ServerLock:
    """Context manager of the lock; ``held`` is True if this process has it.

    Its folder becomes private. Raises `OSError`, also if that folder is a link.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1
        self.held = False

    def __enter__(self) -> ServerLock:
        folder = self._path.parent
        if folder.is_symlink():
            raise OSError(errno.ELOOP, "the folder run is a link, and its rights would change")
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        self.held = _try_lock(self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The file stays: after removing it, two processes could lock two files of the same name.
        os.close(self._handle)
        self.held = False


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
