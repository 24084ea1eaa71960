"""Pixels in chunks: cut by the sender, and accepted by the receiver in order and on credit.

The pictures of a job travel as one stream of bytes, one picture after the other; the offset of a
chunk counts from the start of that stream. The bytes travel in the message or, if both ends have
opened the same file, are in it already, and only offset and length travel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nst_server.values.errors import NeuralStyleError
from nst_server.wire.protocol import CHUNK_BYTES, CREDIT_CHUNKS
from nst_server.wire.spool import Spool, size_in_bytes


def spans(length: int) -> Iterator[tuple[int, int]]:
    """Yield start and length of every chunk of ``length`` bytes."""
    for start in range(0, length, CHUNK_BYTES):
        yield start, min(CHUNK_BYTES, length - start)


@dataclass(frozen=True)
class Chunk:
    """A part of a picture (a bytes-like object or a `Spool`) that is to be sent."""

    offset: int
    """Position in the stream of all pictures, in bytes."""
    picture: Any
    start: int
    length: int

    def payload(self) -> memoryview:
        """Return the bytes: a view of a bytes-like picture, or a copy read from a spool."""
        if isinstance(self.picture, Spool):
            return memoryview(self.picture.read(self.start, self.length))
        return memoryview(self.picture).cast("B")[self.start : self.start + self.length]

    def put_into(self, file: Spool) -> None:
        """Copy the bytes, once, to their place in ``file``. Raises as `Spool.write`."""
        if isinstance(self.picture, Spool):
            file.copy(self.offset, self.picture.part(self.start, self.length))
        else:
            file.write(self.offset, self.payload())


def chunks(pictures: Sequence[Any]) -> Iterator[Chunk]:
    """Yield every chunk of bytes-like objects or spools, one picture after the other."""
    offset = 0
    for picture in pictures:
        for start, length in spans(size_in_bytes(picture)):
            yield Chunk(offset, picture, start, length)
            offset += length


class Transfer:
    """State of a stream in transit, as seen by its receiver or a relay.

    Invariant: ``0 <= received <= total`` and ``0 <= credit <= CREDIT_CHUNKS``.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.received = 0
        self.credit = 0

    @property
    def complete(self) -> bool:
        """True if every byte has arrived."""
        return self.received == self.total

    @property
    def wanted(self) -> int:
        """Number of further chunks that a receiver can ask for now."""
        missing = -(-(self.total - self.received) // CHUNK_BYTES)
        return max(0, min(CREDIT_CHUNKS, missing) - self.credit)

    def grant(self, count: Any) -> None:
        """Allow ``count`` more chunks. Raises ``bad-message`` if that number is not permitted."""
        if type(count) is not int or not 1 <= count <= CREDIT_CHUNKS - self.credit:
            raise NeuralStyleError("bad-message", "A message gave more credit than is allowed.")
        self.credit += count

    def accept(self, offset: Any, length: Any) -> None:
        """Count a chunk. Raises ``bad-message`` if it is out of order, too long or not allowed."""
        if self.credit < 1:
            raise NeuralStyleError("bad-message", "Pixels came before they were asked for.")
        if type(offset) is not int or offset != self.received:
            raise NeuralStyleError("bad-message", "Pixels came out of order.")
        if type(length) is not int or not 1 <= length <= min(
            CHUNK_BYTES, self.total - self.received
        ):
            raise NeuralStyleError("bad-message", "A message had too many pixels or none.")
        self.credit -= 1
        self.received += length


def left_alone() -> NeuralStyleError:
    """The error for a job whose client neither sends its pixels nor takes its result."""
    return NeuralStyleError(
        "busy",
        "The job was given up, because the program that asked for it did not go on with it.",
        "Try again, and leave it running: others may wait for their turn.",
    )
