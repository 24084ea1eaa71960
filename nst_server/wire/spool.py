"""Pixels that wait or travel lie in files without a name: no process's memory, and gone with it.

Two processes of one user on one machine can share such a file: with `offer` one makes it in a
folder of the user's own, with `take` the other opens it, and its name is gone.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import tempfile
from io import FileIO
from pathlib import Path
from typing import Any

from nst_server.values.errors import NeuralStyleError

_NAME_LENGTH = 32
_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
# Windows keeps the name of an open file, and must be told to let others open it and to remove it.
_FLAGS |= getattr(os, "O_TEMPORARY", 0)


class Spool:
    """A stretch of bytes in a file, for one thread; what was not written reads as 0.

    The file is closed with the last `Spool` of it.
    """

    def __init__(self, file: FileIO, length: int, start: int = 0) -> None:
        self._file = file
        self._start = start
        self.length = length

    @classmethod
    def new(cls, length: int, folder: Path | None = None) -> Spool:
        """An empty one, in ``folder`` (made if need be) where that can be written.

        Raises `NeuralStyleError` ``unwritable``.
        """
        if folder is not None:
            with contextlib.suppress(OSError):
                folder.mkdir(mode=0o700, exist_ok=True)
        place = folder if folder is not None and os.access(folder, os.W_OK) else None
        try:
            file = tempfile.TemporaryFile(buffering=0, dir=place)  # noqa: SIM115
            file.truncate(length)
        except OSError as error:
            raise _unwritable(error) from None
        return cls(file, length)

    @classmethod
    def holding(cls, data: Any, folder: Path | None = None) -> Spool:
        """A copy of a bytes-like object. Raises `NeuralStyleError` ``unwritable``."""
        spool = cls.new(memoryview(data).nbytes, folder)
        spool.write(0, data)
        return spool

    def part(self, start: int, length: int) -> Spool:
        """The bytes from ``start``, in the same file."""
        return Spool(self._file, length, self._start + start)

    def read(self, start: int = 0, length: int | None = None) -> bytes:
        """The bytes from ``start``; without ``length`` all that follow. Raises as `read_into`."""
        size = self.length - start if length is None else length
        self._file.seek(self._start + start)
        data = self._file.read(size)
        if len(data) == size:
            return data
        rest = bytearray(size)
        self.read_into(start, rest)
        return bytes(rest)

    def read_into(self, start: int, buffer: Any) -> None:
        """Fill a buffer with the bytes from ``start``.

        Raises `NeuralStyleError` ``bad-message`` if another process cut them off.
        """
        view = memoryview(buffer).cast("B")
        self._file.seek(self._start + start)
        while view:
            count = self._file.readinto(view)
            if not count:
                raise NeuralStyleError("bad-message", "Some of the pixels are missing.")
            view = view[count:]

    def write(self, start: int, data: Any) -> None:
        """Put a bytes-like object at ``start``. Raises `NeuralStyleError` ``unwritable``."""
        view = memoryview(data).cast("B")
        if not 0 <= start <= self.length - view.nbytes:
            raise ValueError("beyond the end of a spool")
        self._file.seek(self._start + start)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise _unwritable(error) from None

    def copy(self, start: int, source: Spool) -> None:
        """Put all of another one at ``start``, by the system itself where it can.

        Raises as `read` and `write`.
        """
        if not 0 <= start <= self.length - source.length:
            raise ValueError("beyond the end of a spool")
        done = 0
        if sys.platform == "linux":
            files = source._file.fileno(), self._file.fileno()
            with contextlib.suppress(OSError):  # older systems, or files in different places
                while done < source.length:
                    places = source._start + done, self._start + start + done
                    count = os.copy_file_range(*files, source.length - done, *places)
                    if count == 0:
                        break
                    done += count
        if done < source.length:
            self.write(start + done, source.read(done))


def size_in_bytes(pixels: Any) -> int:
    """Length of a bytes-like object or a `Spool`."""
    return pixels.length if isinstance(pixels, Spool) else memoryview(pixels).nbytes


def offer(folder: Path, length: int) -> tuple[str, Spool]:
    """A file for another process to `take`, and its name, which `withdraw` removes.

    All other files in ``folder`` are removed: what was offered before was not wanted.
    Raises `NeuralStyleError` ``unwritable``.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in folder.iterdir():
            withdraw(folder, old.name)
        name = secrets.token_hex(_NAME_LENGTH // 2)
        handle = os.open(folder / name, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        file = FileIO(handle, "r+")
        file.truncate(length)
    except OSError as error:
        raise _unwritable(error) from None
    return name, Spool(file, length)


def withdraw(folder: Path, name: str) -> None:
    """Remove the name of what was offered; who has it open keeps it."""
    with contextlib.suppress(OSError):
        (folder / name).unlink(missing_ok=True)


def take(folder: Path, name: Any, length: int) -> Spool | None:
    """The file of that name and length, if this process can open it; its name is removed."""
    if not isinstance(name, str) or len(name) != _NAME_LENGTH or not name.isalnum():
        return None
    try:
        file = FileIO(os.open(folder / name, _FLAGS), "r+")
    except OSError:
        return None
    withdraw(folder, name)
    if os.fstat(file.fileno()).st_size != length:
        file.close()
        return None
    return Spool(file, length)


def _unwritable(error: OSError) -> NeuralStyleError:
    return NeuralStyleError(
        "unwritable",
        "The pixels could not be put into a file: {reason}.",
        "Make room on the disk of NST_HOME.",
        reason=error.strerror or error,
    )
