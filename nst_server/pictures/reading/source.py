"""Bytes of a picture, from a file, a pipe or standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from nst_server.pictures.streams import STANDARD_STREAM
from nst_server.values.errors import NeuralStyleError

_LONGEST_STREAM = 2 * 2**30
"""Most bytes that are read of what does not say how long it is."""
_NAME_ONE = "Give the name of a picture."


def name_of(path: Path) -> str:
    """Name of the picture in messages."""
    return "Standard input" if path == STANDARD_STREAM else str(path)


def contents(path: Path) -> bytes:
    """All bytes of ``path``, which is read once, so it may be a pipe.

    Raises `NeuralStyleError` ``bad-image``, or ``too-large`` if it has no end.
    """
    name = name_of(path)
    try:
        if path.is_dir():
            raise NeuralStyleError(
                "bad-image", f"{name} is a folder.", "Give the name of a picture."
            )
        if path == STANDARD_STREAM:
            data = _streamed(sys.stdin.buffer)
        elif path.is_file():
            return path.read_bytes()
        else:
            with path.open("rb") as stream:
                data = _streamed(stream)
    except FileNotFoundError:
        raise NeuralStyleError("bad-image", f"There is no file {name}.") from None
    except PermissionError:
        raise NeuralStyleError("bad-image", f"{name} may not be read.") from None
    except OSError as error:
        raise NeuralStyleError(
            "bad-image", f"{name} could not be read: {error.strerror}.", "Take another copy of it."
        ) from None
    if len(data) > _LONGEST_STREAM:
        raise NeuralStyleError("too-large", f"{name} does not end.", _NAME_ONE)
    return data


def _streamed(stream: BinaryIO) -> bytes:
    data = bytearray()
    while len(data) <= _LONGEST_STREAM and (more := stream.read(2**20)):
        data += more
    return bytes(data)
