"""A file lock that permits one server per place; the system releases it however its holder ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from nst_server.host.trust import make_private

_LOCKED_BYTE = 2**20
"""Beyond the process id in the file: on Windows nobody else could read a byte that is locked."""


class ServerLock:
    """Context manager of the lock; ``held`` is True if this process has it.

    The file has the process id of who held it last. Its folder becomes private.
    Raises `OSError`, also if that folder is a link or another's.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1
        self.held = False

    def __enter__(self) -> ServerLock:
        make_private(self._path.parent)
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        self.held = _try_lock(self._handle) and self.in_place
        if self.held:
            os.ftruncate(self._handle, 0)
            os.write(self._handle, str(os.getpid()).encode())
        return self

    @property
    def in_place(self) -> bool:
        """True if it is still this file that the next server would lock."""
        try:
            return os.path.samestat(os.fstat(self._handle), self._path.stat())
        except OSError:
            return False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The file stays: after removing it, two processes could lock two files of the same name.
        os.close(self._handle)
        self.held = False


def server_holding(path: Path) -> int | None:
    """The process id that a server wrote into the lock file that it holds; None if nobody has it.

    It means something where that process was started; 0 if it is not known.
    """
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        if _try_lock(handle):
            return None
        with suppress(ValueError):
            return int(os.read(handle, 20))
        return 0
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
