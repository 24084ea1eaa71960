"""A message that is not as it should be gets a code and a sentence, and costs nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from nst_server.wire.events import Failed, Finished
from nst_server.wire.order import Order
from nst_server.wire.protocol import CHUNK_BYTES, MAXIMUM_FRAME_BYTES, PROTOCOL, Message
from tests.support.scripted_worker import Manner
from tests.support.servers import Peer, Server, eventually, finish, make_order


@pytest.fixture
def peer(server: Server) -> Iterator[Peer]:
    with Peer(server.home) as peer:
        yield peer
    # Whatever the peer did, the next one is served.
    client = server.connect()
    client.submit(make_order())
    assert isinstance(finish(client)[-1], Finished)
    client.close()
    assert server.process.poll() is None


def submit(peer: Peer, name: str, order: Order) -> None:
    peer.send("submit", job=name, request=order.to_wire())


def pixels_of(order: Order) -> bytes:
    return b"".join(picture.pixels for picture in order.pictures())


HEADER = Message("status").to_frames()[0]


@pytest.mark.parametrize(
    "frames",
    [
        [b""],
        [b"{}"],
        [b"null"],
        [b"[]"],
        [b'{"kind": 3}'],
        [b"\xff\xfe"],
        [b"[" * 200000],
        [b'{"kind": "' + b"x" * 300000 + b'"}'],
        [HEADER, b"payload"],
        [HEADER, b"", b""],
        [b'{"kind": "chunk", "job": "a", "offset": 0}'],
        [b'{"kind": "no such kind"}'],
        [b'{"kind": "welcome"}'],
        [b'{"kind": "progress"}', b"1234"],
        [b'{"kind": "idle"}'],
    ],
    ids=range(15),
)
def test_what_is_no_message_is_refused(peer: Peer, frames: list[bytes]) -> None:
    peer.send_frames(frames)
    assert peer.expect_error().code == "bad-message"
    peer.send("status")
    assert peer.expect("status").fields["jobs"] == []


@pytest.mark.parametrize("name", [b"NaN", b"{}", b'"\\ud800"', b"[[1]]", b"1e999", b'""'])
def test_a_strange_name_is_refused(peer: Peer, name: bytes) -> None:
    peer.send_frames(
        [b'{"kind": "submit", "job": ' + name + b', "request": ' + request().encode() + b"}"]
    )
    assert peer.expect_error().code == "bad-message"
    for kind in (b"cancel", b"keep", b"credit"):
        peer.send_frames([b'{"kind": "' + kind + b'", "job": ' + name + b"}"])
        assert peer.expect_error().code == "bad-message"


def request() -> str:
    return json.dumps(make_order().to_wire())


def test_random_bytes_do_no_harm(peer: Peer) -> None:
    source = random.Random(2)
    good = Message("submit", {"job": "a", "request": make_order().to_wire()}).to_frames()[0]
    for _ in range(15):
        # Fewer than a server keeps for who does not read: else its answer may be lost.
        for _ in range(20):
            broken = bytearray(good)
            for _ in range(source.randint(1, 8)):
                broken[source.randrange(len(broken))] = source.randrange(256)
            peer.send_frames([bytes(broken[: source.randint(1, len(broken))])])
        peer.send("status")
        assert peer.expect("status", seconds=10).fields["pid"]


@pytest.mark.parametrize("number", [PROTOCOL + 1, 0, None, "1", [1]])
def test_another_protocol_is_told_and_not_served(server: Server, number: object) -> None:
    with Peer(server.home, greet=False) as peer:
        peer.send("hello", protocol=number, version="9")
        assert peer.expect_error().code == "protocol-mismatch"
        submit(peer, "a", make_order())
        assert peer.expect_error().code == "bad-message"
        assert server.status()["jobs"] == []


def test_a_frame_over_the_limit_ends_that_connection_only(server: Server) -> None:
    with Peer(server.home) as peer, Peer(server.home) as other:
        peer.send_frames([b"x" * (MAXIMUM_FRAME_BYTES + 1)])
        other.send("status")
        other.expect("status")
        peer.send("status")
        with pytest.raises(AssertionError, match="none of"):
            peer.expect("status", "error", "ping", seconds=2)


def test_a_frame_of_the_largest_size_passes(server: Server) -> None:
    with Peer(server.home) as peer:
        peer.send("chunk", b"x" * CHUNK_BYTES, job="a" * 64, offset=10**18)
        assert peer.expect_error().code == "bad-message"


def changed(**changes: Any) -> dict[str, Any]:
    return {**make_order().to_wire(), **changes}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (None, "bad-settings"),
        (changed(settings={"preset": "none"}), "bad-settings"),
        (changed(settings={"strength": 101}), "bad-settings"),
        (changed(content={"width": 0, "height": 1, "channels": 3, "sample": "uint8"}), "bad-image"),
        (changed(content={"width": 2, "height": 1, "channels": 2, "sample": "uint8"}), "bad-image"),
        (changed(mask={"width": 2, "height": 1, "channels": 1, "sample": "uint8"}), "bad-image"),
        (changed(styles=[]), "bad-settings"),
        (
            changed(content={"width": 65535, "height": 65535, "channels": 4, "sample": "float32"}),
            "too-large",
        ),
    ],
)
def test_a_bad_header_is_refused_before_any_pixels(peer: Peer, request_: Any, code: str) -> None:
    peer.send("submit", job="a", request=request_)
    answer = peer.expect("failed")
    assert answer.job == "a"
    assert answer.fields["error"]["code"] == code


def test_pixels_that_were_not_asked_for_fail_the_job(peer: Peer) -> None:
    submit(peer, "slow", make_order(Manner.SLOW))
    submit(peer, "waits", make_order())
    peer.send("chunk", b"x", job="waits", offset=0)
    answer = peer.expect("failed")
    assert (answer.job, answer.fields["error"]["code"]) == ("waits", "bad-message")
    peer.send("cancel", job="slow")
    assert peer.expect("failed").job == "slow"


@pytest.mark.parametrize(
    ("offset", "payload"),
    [
        (1, b"x"),
        (None, b"x"),
        (0, b""),
        (0, b"x" * 6593),  # the job has 6592 bytes
        (0, b"x" * (CHUNK_BYTES + 1)),
    ],
)
def test_a_chunk_out_of_order_fails_the_job(peer: Peer, offset: Any, payload: bytes) -> None:
    submit(peer, "a", make_order())
    peer.expect("credit")
    peer.send("chunk", payload, job="a", offset=offset)
    assert peer.expect_error().code == "bad-message"
    peer.send("chunk", b"x", job="a", offset=0)  # late pixels of a job that is gone
    assert peer.expect_error().code == "bad-message"


@pytest.mark.parametrize("chunks", [0, -1, 5, "1", None, True])
def test_credit_without_sense_fails_the_job(peer: Peer, chunks: Any) -> None:
    order = make_order()
    submit(peer, "a", order)
    peer.expect("credit")
    peer.send("chunk", pixels_of(order), job="a", offset=0)
    peer.expect("result")
    peer.send("credit", job="a", chunks=chunks)
    assert peer.expect_error().code == "bad-message"


def test_credit_before_the_result_fails_the_job(peer: Peer) -> None:
    submit(peer, "a", make_order(Manner.SLOW))
    peer.send("credit", job="a", chunks=1)
    assert peer.expect_error().code == "bad-message"


def test_a_job_is_its_clients_own(server: Server, peer: Peer) -> None:
    submit(peer, "mine", make_order(Manner.SLOW))
    peer.expect("queued")
    with Peer(server.home) as other:
        for kind in ("keep", "credit"):
            other.send(kind, job="mine", chunks=1)
            assert other.expect_error().code == "bad-message"
        submit(other, "mine", make_order())
        assert other.expect_error().code == "bad-message"
        assert [job["id"] for job in server.status()["jobs"]] == ["mine"]
        other.send("cancel", job="mine")  # which is for every client: `nst cancel`
        other.expect("cancelled")
    assert peer.expect_error().code == "cancelled"


def test_what_is_said_of_an_unknown_job_is_answered(peer: Peer) -> None:
    for kind in ("cancel", "keep", "credit"):
        peer.send(kind, job="nobody's")
        assert peer.expect("error").job == "nobody's"


def test_a_client_that_reads_nothing_misses_progress_only(server: Server, peer: Peer) -> None:
    """What it does not read is dropped; the others are served, and its job goes on."""
    order = make_order(Manner.FLOODS)
    submit(peer, "flood", order)
    peer.expect("credit")
    peer.send("chunk", pixels_of(order), job="flood", offset=0)
    eventually(lambda: server.status()["jobs"][0]["progress"].get("done") == 0.7)
    client = server.connect()
    client.submit(make_order())
    client.cancel()
    assert isinstance(finish(client)[-1], Failed)
    client.close()
    seen = 0
    while peer.expect("progress").fields["done"] < 0.7:
        seen += 1
    assert 0 < seen < 20000
    peer.send("keep", job="flood")
    peer.expect("result")
