"""Pixels in chunks: how they are cut, and how the other side accepts them, in order and on credit.

The pictures of a job travel as one stream of bytes, one picture after the other; the offset of a
chunk counts from the start of that stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nst_server.errors import NeuralStyleError
from nst_server.protocol import CHUNK_BYTES, CREDIT_CHUNKS


def chunks(buffers: Sequence[Any]) -> Iterator[tuple[int, memoryview]]:
    """Offset and bytes of every chunk; the views are of ``buffers`` themselves."""
    offset = 0
    for buffer in buffers:
        view = memoryview(buffer).cast("B")
        for start in range(0, view.nbytes, CHUNK_BYTES):
            chunk = view[start : start + CHUNK_BYTES]
            yield offset, chunk
            offset += chunk.nbytes


class Transfer:
    """A stream under way, as its receiver or a relay sees it.

    Invariant: ``0 <= received <= total`` and ``0 <= credit <= CREDIT_CHUNKS``.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.received = 0
        self.credit = 0

    @property
    def complete(self) -> bool:
        """Whether every byte has come."""
        return self.received == self.total

    @property
    def wanted(self) -> int:
        """How many chunks more a receiver can ask for now."""
        missing = -(-(self.total - self.received) // CHUNK_BYTES)
        return max(0, min(CREDIT_CHUNKS, missing) - self.credit)

    def grant(self, count: Any) -> None:
        """Allow ``count`` chunks more. Raises ``bad-message`` if that is no sensible number."""
        if type(count) is not int or not 1 <= count <= CREDIT_CHUNKS - self.credit:
            raise NeuralStyleError("bad-message", "A message gave more credit than is allowed.")
        self.credit += count

    def accept(self, offset: Any, length: int) -> None:
        """Count a chunk. Raises ``bad-message`` if it is out of order, too long or not allowed."""
        if self.credit < 1:
            raise NeuralStyleError("bad-message", "Pixels came before they were asked for.")
        if type(offset) is not int or offset != self.received:
            raise NeuralStyleError("bad-message", "Pixels came out of order.")
        if not 1 <= length <= min(CHUNK_BYTES, self.total - self.received):
            raise NeuralStyleError("bad-message", "A message had too many pixels or none.")
        self.credit -= 1
        self.received += length
