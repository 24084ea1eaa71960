"""Who gets in: only a peer with the key of the connection file, and only at its own socket."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import zmq
from zmq.utils.monitor import recv_monitor_message

from nst_server.broker.authentication import KeyPair, KnownKeys
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection
from nst_server.wire.events import Failed, Painting
from nst_server.wire.protocol import PROTOCOL, Message
from tests.support.scripted_worker import Manner
from tests.support.servers import (
    SCRIPTED_WORKER,
    Server,
    eventually,
    finish,
    make_order,
    start,
    wait_for,
)

HELLO = Message("hello", {"protocol": PROTOCOL, "version": "0"})
Context = zmq.Context[zmq.Socket[bytes]]


@pytest.fixture
def context() -> Iterator[Context]:
    with zmq.Context() as context:
        yield context
        context.destroy(linger=0)


def talk(
    context: Context, endpoint: str, keys: tuple[bytes, bytes, bytes] | None, name: str
) -> tuple[Any, Any]:
    """Say hello and submit; the first answer if any, and how the handshake went."""
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    if keys is not None:
        socket.curve_serverkey, socket.curve_publickey, socket.curve_secretkey = keys
    monitor = socket.get_monitor_socket(
        zmq.Event.HANDSHAKE_SUCCEEDED
        | zmq.Event.HANDSHAKE_FAILED_AUTH
        | zmq.Event.HANDSHAKE_FAILED_PROTOCOL
        | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
        | zmq.Event.DISCONNECTED
    )
    socket.connect(endpoint)
    order = make_order()
    with contextlib.suppress(zmq.Again):  # turned away already
        for message in (HELLO, Message("submit", {"job": name, "request": order.to_wire()})):
            socket.send_multipart(message.to_frames(), zmq.NOBLOCK)
    handshake = recv_monitor_message(monitor)["event"] if monitor.poll(5000) else None
    succeeded = handshake == zmq.Event.HANDSHAKE_SUCCEEDED
    answer = socket.recv_multipart() if socket.poll(5000 if succeeded else 500) else None
    socket.disable_monitor()
    monitor.close()
    socket.close()
    return answer, handshake


def test_the_key_of_the_file_gets_in(server: Server, context: Context) -> None:
    known = Connection.read(server.home.connection_file)
    keys = (
        known.server_public.encode(),
        known.client_public.encode(),
        known.client_secret.encode(),
    )
    answer, handshake = talk(context, known.endpoint, keys, "invited")
    assert handshake == zmq.Event.HANDSHAKE_SUCCEEDED
    assert b"welcome" in answer[0]
    eventually(lambda: "job invited" in server.log)


@pytest.mark.parametrize("peer", ["plain", "unknown key", "wrong server key"])
def test_nobody_else_gets_in(server: Server, context: Context, peer: str) -> None:
    known = Connection.read(server.home.connection_file)
    stranger = zmq.curve_keypair()
    keys = {
        "plain": None,
        "unknown key": (known.server_public.encode(), *stranger),
        "wrong server key": (
            stranger[0],
            known.client_public.encode(),
            known.client_secret.encode(),
        ),
    }[peer]
    answer, handshake = talk(context, known.endpoint, keys, "intruder")
    assert answer is None
    assert handshake != zmq.Event.HANDSHAKE_SUCCEEDED
    assert server.status()["pid"] == server.process.pid  # it has read what came before
    assert "intruder" not in server.log


def test_a_refused_client_is_told_so(server: Server, home: Home) -> None:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    known = Connection.read(server.home.connection_file)
    replace(known, client_public=public, client_secret=secret).write(home.connection_file)
    with pytest.raises(NeuralStyleError) as caught:
        Client.connect(home)
    assert caught.value.code == "not-authorised"


def test_a_client_that_expects_another_server_finds_none(server: Server, home: Home) -> None:
    known = Connection.read(server.home.connection_file)
    replace(known, server_public=zmq.curve_keypair()[0].decode()).write(home.connection_file)
    with pytest.raises(NeuralStyleError) as caught:
        Client.connect(home)
    assert caught.value.code == "server-gone"


def test_a_key_is_good_for_its_own_socket_only_and_can_be_taken_back(context: Context) -> None:
    with KnownKeys(context) as known:
        server, guest, worker = KeyPair.new(), KeyPair.new(), KeyPair.new()
        sockets = {}
        for domain, keys in (("clients", guest), ("workers", worker)):
            socket = context.socket(zmq.PULL)
            known.secure(socket, domain, server)
            known.allow(domain, keys.public)
            socket.bind("tcp://127.0.0.1:*")
            sockets[domain] = socket

        def enters(domain: str, keys: KeyPair) -> bool:
            with context.socket(zmq.PUSH) as peer:
                peer.linger = 0
                peer.curve_serverkey = server.public
                peer.curve_publickey, peer.curve_secretkey = keys.public, keys.secret
                peer.connect(sockets[domain].get_string(zmq.LAST_ENDPOINT))
                peer.send(b"let me in")
                return bool(sockets[domain].poll(500))

        assert not enters("clients", worker)
        assert not enters("workers", guest)
        assert enters("clients", guest)
        assert enters("workers", worker)
        assert sockets["workers"].recv()
        known.forget("workers", worker.public)
        assert not enters("workers", worker)


_FORGETS = """
import sys
from pathlib import Path
from nst_server.broker.authentication import KnownKeys
from nst_server.broker.server import serve
from nst_server.host.home import Home
home, knows = Home.default(), KnownKeys.callback
def callback(self, domain, key):
    assert not (home.root / "forget").exists()
    return knows(self, domain, key)
KnownKeys.callback = callback
sys.exit(serve(home, worker_command=sys.argv[1:]))
"""


def test_a_server_that_can_admit_nobody_any_more_ends_and_says_so(home: Home) -> None:
    server = start(home, [sys.executable, "-c", _FORGETS, *SCRIPTED_WORKER])
    try:
        client = server.connect()
        client.submit(make_order(Manner.SLOW))
        wait_for(client, Painting)
        (home.root / "forget").touch()
        with pytest.raises(NeuralStyleError):
            server.status()  # the thread that knows the keys ends at this one
        last = finish(client)[-1]
        assert isinstance(last, Failed)
        assert last.error.code == "server-gone"
        assert "admit" in last.error.sentence
        assert server.process.wait(10) == last.error.exit_code
        assert "can admit nobody" in server.log
        assert not home.connection_file.exists()
    finally:
        server.close()
