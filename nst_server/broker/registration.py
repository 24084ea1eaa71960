"""The connection file, which tells clients of this server for as long as its lock is in place."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from pathlib import Path

from nst_server.broker.file_lock import ServerLock
from nst_server.host.home import Home
from nst_server.host.place import this_place
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection

_log = logging.getLogger(__name__)

_OURS = re.compile(r"server(-worker)?\.lock|connection\.json\w*|exchange/[0-9a-f]{32}")
"""Files of a server in the folder of its place; no others are removed."""


class Registration:
    """The connection file of a server, which holds the lock beside it."""

    def __init__(self, lock: ServerLock, path: Path, connection: Connection) -> None:
        self._lock = lock
        self._path = path
        self._connection = connection

    def write(self) -> None:
        """Write the file. Raises `OSError`."""
        self._connection.write(self._path)

    def renew(self) -> bool:
        """Write the file again unless it is as it was written.

        Returns False if the folder was removed: there may be another server by now.
        """
        if not self._lock.in_place:
            return False
        if not self._is_ours():
            _log.info("the connection file was damaged, and is written again")
            try:
                self.write()
            except OSError as error:
                _log.warning("the connection file cannot be written: %s", error.strerror)
        return True

    def withdraw(self) -> None:
        """Remove the file, unless it is another server's."""
        if self._lock.in_place and self._is_ours():
            self._path.unlink(missing_ok=True)

    def _is_ours(self) -> bool:
        with suppress(NeuralStyleError):
            return Connection.read(self._path) == self._connection
        return False


def forget_ended(home: Home) -> None:
    """Remove what servers left in other places that are no more; an earlier boot, for example."""
    here = this_place()
    for path, place in home.lock_files().items():
        if place == here or not here.sees_locks_of(place):
            continue
        with suppress(OSError), ServerLock(path) as lock:
            if lock.held:
                _remove(path.parent)


def _remove(folder: Path) -> None:
    for path in [*folder.glob("exchange/*"), *folder.iterdir()]:
        if _OURS.fullmatch(path.relative_to(folder).as_posix()):
            path.unlink()
    with suppress(FileNotFoundError):
        (folder / "exchange").rmdir()
    folder.rmdir()
