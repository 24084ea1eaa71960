from __future__ import annotations

import pytest

from nst_server.values.errors import NeuralStyleError
from nst_server.wire.protocol import CHUNK_BYTES, CREDIT_CHUNKS
from nst_server.wire.spool import Spool
from nst_server.wire.transfer import Transfer, chunks


@pytest.mark.parametrize(
    "lengths", [[1], [CHUNK_BYTES], [CHUNK_BYTES + 1, 3], [5, 2 * CHUNK_BYTES]]
)
def test_chunks_arrive_in_order_and_complete(lengths: list[int]) -> None:
    buffers = [bytes([index]) * length for index, length in enumerate(lengths, 1)]
    transfer = Transfer(sum(lengths))
    got = b""
    for chunk in chunks(buffers):
        if transfer.wanted:
            transfer.grant(transfer.wanted)
        transfer.accept(chunk.offset, chunk.length)
        got += chunk.payload()
    assert transfer.complete
    assert got == b"".join(buffers)
    assert transfer.wanted == 0


def test_chunks_of_spools_are_read_when_they_are_asked_for() -> None:
    spool = Spool.holding(bytes(CHUNK_BYTES + 10))
    parts = list(chunks([b"abc", spool, b"de"]))
    spool.write(CHUNK_BYTES, b"xyz")
    file = Spool.new(CHUNK_BYTES + 15)
    for part in parts:
        part.put_into(file)
    whole = b"abc" + bytes(CHUNK_BYTES) + b"xyz" + bytes(7) + b"de"
    assert file.read() == b"".join(part.payload() for part in parts) == whole
    assert [part.offset for part in parts] == [0, 3, 3 + CHUNK_BYTES, 13 + CHUNK_BYTES]


def test_chunks_are_views_and_not_copies() -> None:
    buffer = bytearray(10)
    (chunk,) = chunks([buffer])
    view = chunk.payload()
    buffer[3] = 7
    assert view[3] == 7


@pytest.mark.parametrize(
    ("offset", "length"),
    [
        *((1, 4), (-1, 4), ("0", 4), (None, 4), (True, 4)),
        *((0, 0), (0, 11), (0, CHUNK_BYTES + 1), (0, None), (0, "4"), (0, True), (0, 4.0)),
    ],
)
def test_what_is_out_of_order_or_of_a_wrong_length_is_refused(offset: object, length: int) -> None:
    transfer = Transfer(10)
    transfer.grant(1)
    with pytest.raises(NeuralStyleError) as caught:
        transfer.accept(offset, length)
    assert caught.value.code == "bad-message"
    assert transfer.received == 0


def test_without_credit_nothing_is_accepted() -> None:
    transfer = Transfer(10)
    with pytest.raises(NeuralStyleError, match="before they were asked for"):
        transfer.accept(0, 5)
    transfer.grant(1)
    transfer.accept(0, 5)
    with pytest.raises(NeuralStyleError, match="before they were asked for"):
        transfer.accept(5, 5)


@pytest.mark.parametrize("count", [0, -1, CREDIT_CHUNKS + 1, "1", None, True, 1.0, 10**30])
def test_credit_without_sense_is_refused(count: object) -> None:
    with pytest.raises(NeuralStyleError):
        Transfer(10**9).grant(count)


def test_credit_does_not_add_up_beyond_its_limit() -> None:
    transfer = Transfer(10**9)
    transfer.grant(CREDIT_CHUNKS)
    with pytest.raises(NeuralStyleError):
        transfer.grant(1)
