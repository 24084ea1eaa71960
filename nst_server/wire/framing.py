"""Messages in a stream of bytes, as a bridge passes them on: frames with their lengths."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import IO, Any

from nst_server.wire.protocol import MAXIMUM_FRAME_BYTES

GREETING = b"nst-bridge 1\n"
"""First line of a bridge, before which a login shell may have printed what it likes."""

_HEAD = struct.Struct(">BI")
"""Head of each frame: whether more of its message follow, and its length."""


def put(stream: IO[bytes], frames: Sequence[Any]) -> None:
    """Write one message, at once."""
    last = len(frames) - 1
    for place, frame in enumerate(frames):
        view = memoryview(frame).cast("B")
        stream.write(_HEAD.pack(place < last, view.nbytes))
        stream.write(view)
    stream.flush()


def get(stream: IO[bytes]) -> list[bytes] | None:
    """Read one message; None at the end of the stream.

    Raises `ValueError` for what is no message, before anything is allocated for it.
    """
    frames: list[bytes] = []
    more = True
    while more:
        head = _exactly(stream, _HEAD.size)
        if head is None:
            if frames:
                raise ValueError("the stream ends within a message")
            return None
        more, length = _HEAD.unpack(head)
        if more not in (0, 1) or length > MAXIMUM_FRAME_BYTES or len(frames) > 2:
            raise ValueError("what comes is no message")
        frame = _exactly(stream, length)
        if frame is None:
            raise ValueError("the stream ends within a message")
        frames.append(frame)
    return frames


def _exactly(stream: IO[bytes], length: int) -> bytes | None:
    data = bytearray()
    while len(data) < length:
        part = stream.read(length - len(data))
        if not part:
            if data:
                raise ValueError("the stream ends within a message")
            return None
        data += part
    return bytes(data)
