"""Unnamed files for pixels that wait or travel: outside memory, and gone with their process.

Two processes of one user on one machine can share a file: one creates it with `offer`, in a folder
owned by the user, and the other opens it with `take`, which removes its name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import sys
import tempfile
from io import FileIO
from pathlib import Path
from typing import Any

from nst_server.values.errors import NeuralStyleError

_NAME_LENGTH = 32
_NAME = re.compile(rf"[0-9a-f]{{{_NAME_LENGTH}}}")
"""Names of offered files; no other is ever removed."""
_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
# On Windows an open file keeps its name; the flag lets others open it and removes it at the end.
_FLAGS |= getattr(os, "O_TEMPORARY", 0)


class Spool:
    """A range of bytes in a file, for one thread; unwritten bytes read as 0.

    The file is closed with its last `Spool`.
    """

    def __init__(self, file: FileIO, length: int, start: int = 0) -> None:
        self._file = file
        self._start = start
        self.length = length

    @classmethod
    def new(cls, length: int, folder: Path | None = None) -> Spool:
        """Create an empty spool, in ``folder`` (created if missing) if that is writable.

        Raises `NeuralStyleError` ``unwritable``.
        """
        if folder is not None:
            with contextlib.suppress(OSError):
                folder.mkdir(mode=0o700, exist_ok=True)
        directory = folder if folder is not None and os.access(folder, os.W_OK) else None
        try:
            file = tempfile.TemporaryFile(buffering=0, dir=directory)  # noqa: SIM115
            file.truncate(length)
        except OSError as error:
            raise _unwritable(error) from None
        return cls(file, length)

    @classmethod
    def holding(cls, data: Any, folder: Path | None = None) -> Spool:
        """Copy a bytes-like object into a new spool. Raises `NeuralStyleError` ``unwritable``."""
        spool = cls.new(memoryview(data).nbytes, folder)
        spool.write(0, data)
        return spool

    def part(self, start: int, length: int) -> Spool:
        """Return a spool of the bytes from ``start``, in the same file."""
        return Spool(self._file, length, self._start + start)

    def read(self, start: int = 0, length: int | None = None) -> bytes:
        """Return ``length`` bytes from ``start``, or all that follow. Raises as `read_into`."""
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

        Raises `NeuralStyleError` ``bad-message`` if another process truncated the file.
        """
        view = memoryview(buffer).cast("B")
        self._file.seek(self._start + start)
        while view:
            count = self._file.readinto(view)
            if not count:
                raise NeuralStyleError("bad-message", "Some of the pixels are missing.")
            view = view[count:]

    def write(self, start: int, data: Any) -> None:
        """Write a bytes-like object at ``start``. Raises `NeuralStyleError` ``unwritable``."""
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
        """Copy all of ``source`` to ``start``, inside the system's kernel where possible.

        Raises as `read` and `write`.
        """
        if not 0 <= start <= self.length - source.length:
            raise ValueError("beyond the end of a spool")
        done = 0
        if sys.platform == "linux":
            files = source._file.fileno(), self._file.fileno()
            with contextlib.suppress(OSError):  # older systems, or files on different file systems
                while done < source.length:
                    offsets = source._start + done, self._start + start + done
                    count = os.copy_file_range(*files, source.length - done, *offsets)
                    if count == 0:
                        break
                    done += count
        if done < source.length:
            self.write(start + done, source.read(done))


def size_in_bytes(pixels: Any) -> int:
    """Return the bytes in a bytes-like object or a `Spool`."""
    return pixels.length if isinstance(pixels, Spool) else memoryview(pixels).nbytes


def offer(folder: Path, length: int) -> tuple[str, Spool]:
    """Create a file for another process to `take`; return its name (to `withdraw`) and its spool.

    Earlier offers in ``folder`` that nobody took are removed.
    Raises `NeuralStyleError` ``unwritable``, also if ``folder`` is a link: to what, who knows.
    """
    if folder.is_symlink():
        raise NeuralStyleError(
            "unwritable",
            "{path} is a link, but files are removed in there.",
            "Remove the link.",
            path=folder,
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in folder.iterdir():
            if _NAME.fullmatch(old.name):
                withdraw(folder, old.name)
        name = secrets.token_hex(_NAME_LENGTH // 2)
        handle = os.open(folder / name, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        file = FileIO(handle, "r+")
        file.truncate(length)
    except OSError as error:
        raise _unwritable(error) from None
    return name, Spool(file, length)


def withdraw(folder: Path, name: str) -> None:
    """Remove the name of an offered file; a process that has it open keeps it."""
    with contextlib.suppress(OSError):
        (folder / name).unlink(missing_ok=True)


def take(folder: Path, name: Any, length: int) -> Spool | None:
    """Open the file of this name and length and remove its name; None if that is impossible."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
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
    if error.errno == errno.EFBIG:
        return NeuralStyleError(
            "unwritable",
            "The pixels could not be put into a file: it may not be so large.",
            "Lift the limit (ulimit -f) where this or the server was started; 'nst status' names "
            "the server's.",
        )
    return NeuralStyleError(
        "unwritable",
        "The pixels could not be put into a file: {reason}.",
        "Make room on the disk of NST_HOME.",
        reason=error.strerror or error,
    )
