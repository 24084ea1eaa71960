"""The place that bytes go to: a file, whole or not at all, through a link; a pipe or a device."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from nst_server.pictures.streams import STANDARD_STREAM, is_stream
from nst_server.values.errors import NeuralStyleError


def check_place(path: Path) -> None:
    """Raise `NeuralStyleError` ``unwritable`` before work starts whose result cannot be saved."""
    if path == STANDARD_STREAM:
        if sys.stdout.isatty():
            raise NeuralStyleError(
                "unwritable",
                "A picture is not shown in a terminal.",
                "Name a file, or send standard output to one.",
            )
        return
    try:
        _check_file(path)
    except (OSError, RuntimeError) as error:  # links that lead to each other are a RuntimeError
        reason = getattr(error, "strerror", None) or error
        raise NeuralStyleError(
            "unwritable", f"{path} cannot be written: {reason}.", "Choose another place."
        ) from None


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise NeuralStyleError("unwritable", f"{path} is a folder.", "Give the name of a file.")
    folder = _target(path).parent if path.is_symlink() else path.parent
    if not folder.is_dir():
        raise NeuralStyleError("unwritable", f"There is no folder {folder}.", "Create it.")
    writable = is_stream(path) or os.access(folder, os.W_OK)
    if not writable or (path.exists() and not os.access(path, os.W_OK)):
        raise NeuralStyleError("unwritable", f"{path} cannot be written.", "Choose another place.")


def put(path: Path, data: bytes | memoryview) -> None:
    """Write ``data`` to ``path``; a file that is there keeps its rights, and a link its place.

    Raises `NeuralStyleError` ``unwritable``, and leaves an earlier file as it was.
    """
    try:
        if path == STANDARD_STREAM:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        elif is_stream(path):
            with path.open("wb") as stream:
                stream.write(data)
        else:
            _replace(_target(path), data)
    except OSError as error:
        # str() of a system error would name the partial file.
        name = "Standard output" if path == STANDARD_STREAM else path
        raise NeuralStyleError(
            "unwritable",
            f"{name} could not be written: {error.strerror or error}.",
            "Choose another place with -o.",
        ) from error


def _target(path: Path) -> Path:
    """The file itself, where ``path`` is a link to it."""
    return path if is_stream(path) else path.resolve()


def _replace(target: Path, data: bytes | memoryview) -> None:
    partial = target.with_name(f".{secrets.token_hex(4)}.partial")  # short, whatever the name
    try:
        partial.write_bytes(data)
        if target.exists():
            _take_rights(partial, target)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _take_rights(partial: Path, target: Path) -> None:
    if hasattr(os, "chown"):
        before = target.stat()
        with suppress(PermissionError):  # only root may give a file away
            os.chown(partial, before.st_uid, before.st_gid)
    shutil.copymode(target, partial)
