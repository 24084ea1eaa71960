"""A client that reads nothing for a while gets what matters, in order, when it reads again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import zmq

from nst_server.broker.outbox import Outbox
from nst_server.wire.protocol import PATIENCE_SECONDS, Message

NAME = b"client"


@pytest.fixture
def sockets() -> Iterator[tuple[zmq.Socket[bytes], zmq.Socket[bytes]]]:
    """The broker's and a client's, with room for few messages between them."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as broker:
        broker.router_mandatory = True
        broker.sndhwm = 2
        broker.linger = 0
        broker.bind("inproc://broker")
        with context.socket(zmq.DEALER) as client:
            client.rcvhwm = 2
            client.linger = 0
            client.routing_id = NAME
            client.connect("inproc://broker")
            client.send(b"hello")
            assert broker.recv_multipart() == [NAME, b"hello"]
            yield broker, client


def kinds(client: zmq.Socket[bytes]) -> list[str]:
    """Those of all messages that have arrived."""
    found: list[str] = []
    while client.poll(200):
        found.append(Message.from_frames(client.recv_multipart()).kind)
    return found


def test_what_matters_waits_and_keeps_its_order(
    sockets: tuple[zmq.Socket[bytes], zmq.Socket[bytes]],
) -> None:
    broker, client = sockets
    outbox = Outbox(broker)
    for _ in range(20):
        outbox.send(NAME, Message("progress"), 0.0)
    outbox.send(NAME, Message("result"), 0.0)
    outbox.send(NAME, Message("ping"), 1.0)
    outbox.send(NAME, Message("failed"), 1.0)
    outbox.send_kept(PATIENCE_SECONDS)
    assert not outbox.lost
    assert set(kinds(client)) == {"progress"}
    outbox.send_kept(PATIENCE_SECONDS)
    outbox.send(NAME, Message("ping"), PATIENCE_SECONDS)
    assert kinds(client) == ["result", "failed", "ping"]
    outbox.send_kept(9 * PATIENCE_SECONDS)
    assert not outbox.lost


@pytest.mark.parametrize(("messages", "seconds"), [(1, PATIENCE_SECONDS + 1), (100, 0.0)])
def test_who_stays_away_too_long_is_lost(
    sockets: tuple[zmq.Socket[bytes], zmq.Socket[bytes]], messages: int, seconds: float
) -> None:
    outbox = Outbox(sockets[0])
    for _ in range(20):
        outbox.send(NAME, Message("progress"), 0.0)
    for _ in range(messages):
        outbox.send(NAME, Message("queued"), 0.0)
    outbox.send_kept(seconds)
    assert outbox.lost == {NAME}


def test_who_is_gone_is_lost_at_once(
    sockets: tuple[zmq.Socket[bytes], zmq.Socket[bytes]],
) -> None:
    outbox = Outbox(sockets[0])
    outbox.send(b"nobody", Message("ping"), 0.0)
    assert outbox.lost == {b"nobody"}
