"""Messages in a stream of bytes, as a bridge passes them on: frames with their lengths."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import IO, Any, Protocol

from nst_server.wire.protocol import MAXIMUM_FRAME_BYTES

GREETING = b"nst-bridge 1\n"
"""First line of a bridge, before which a login shell may have printed what it likes."""

PREVIEW_CAME = [b""]
"""The one message that is the bridge's alone: a preview has arrived, and another may be sent."""

_HEAD = struct.Struct(">BI")
"""Head of each frame: whether more of its message follow, and its length."""


class Source(Protocol):
    """A binary stream, as far as it is needed to be read."""

    def readinto(self, buffer: Any, /) -> int:
        """Wait for some bytes, put them into ``buffer`` and return their number; 0 at the end."""


def put(stream: IO[bytes], frames: Sequence[Any]) -> None:
    """Write one message, at once."""
    last = len(frames) - 1
    for place, frame in enumerate(frames):
        view = memoryview(frame).cast("B")
        stream.write(_HEAD.pack(place < last, view.nbytes))
        stream.write(view)
    stream.flush()


def get(stream: Source) -> list[bytes] | None:
    """Read one message; None at the end of the stream.

    Raises `ValueError` for what is no message, before anything is allocated for it, or `EOFError`
    if the stream ends within one.
    """
    frames: list[bytes] = []
    more = True
    while more:
        head = _exactly(stream, _HEAD.size)
        if head is None:
            if frames:
                raise EOFError("the stream ends within a message")
            return None
        more, length = _HEAD.unpack(head)
        if more not in (0, 1) or length > MAXIMUM_FRAME_BYTES or len(frames) > 2:
            raise ValueError("what comes is no message")
        frame = _exactly(stream, length)
        if frame is None:
            raise EOFError("the stream ends within a message")
        frames.append(frame)
    return frames


def kind_of(frames: Sequence[Any]) -> str:
    """The kind of a message that is known to be one."""
    return str(json.loads(bytes(frames[0]))["kind"])


def is_preview(frames: Sequence[Any]) -> bool:
    """True for progress with a picture."""
    return len(frames) == 2 and kind_of(frames) == "progress"


def _exactly(stream: Source, length: int) -> bytes | None:
    data = bytearray(length)
    left = memoryview(data)
    while left:
        count = stream.readinto(left)
        if not count:
            if len(left) < length:
                raise EOFError("the stream ends within a message")
            return None
        left = left[count:]
    return bytes(data)
