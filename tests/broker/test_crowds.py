"""Messages without end and connections without a word: neither takes the server from the others."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from nst_server.host.home import Home
from nst_server.host.memory import peak_memory
from nst_server.wire.connection import Connection
from nst_server.wire.events import Finished
from tests.support.servers import (
    Peer,
    Server,
    environment,
    eventually,
    finish,
    make_order,
    serve_command,
    start,
)

MEGABYTE = 2**20

_ENDLESS = """
import sys, time
import zmq
from nst_server.host.home import Home
from tests.support.servers import Peer
size, count = int(sys.argv[1]), int(sys.argv[2])
frame = bytes(size)
with Peer(Home.default()) as peer:
    socket = peer._socket
    monitor = socket.get_monitor_socket(zmq.Event.DISCONNECTED)
    # ZeroMQ sends frames while the last one is still missing.
    for _ in range(count):
        socket.send(frame, zmq.SNDMORE)
    socket.send(b"")
    print("ended" if monitor.poll(30000) else "not ended")
"""


@contextlib.contextmanager
def endless(server: Server, size: int, count: int) -> Iterator[subprocess.Popen[str]]:
    """A client whose one message has so many frames of so many bytes."""
    command = [sys.executable, "-c", _ENDLESS, str(size), str(count)]
    process = subprocess.Popen(
        command, env=environment(server.home), stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def serves(server: Server) -> bool:
    """True if a job is done, from hello to result."""
    with server.connect() as client:
        client.submit(make_order())
        return isinstance(finish(client)[-1], Finished)


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not count a socket's bytes")
def test_a_message_without_end_costs_its_sender_the_connection(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    before = peak_memory(server.process.pid)
    assert before
    with endless(server, 4 * MEGABYTE, 500) as flood:
        assert serves(server)
        assert flood.stdout is not None
        assert flood.stdout.readline() == "ended\n"
    grown = (peak_memory(server.process.pid) or 0) - before
    assert grown < 400 * MEGABYTE, "of 2 GB"
    assert serves(server)


def test_of_a_message_with_many_frames_none_is_kept(server: Server) -> None:
    before = peak_memory(server.process.pid) or 0
    with Peer(server.home) as peer:
        peer.send_frames([b""] * 300000)
        assert peer.expect_error().code == "bad-message"
    grown = (peak_memory(server.process.pid) or 0) - before
    assert grown < 60 * MEGABYTE
    assert serves(server)


def test_connections_that_say_nothing_are_dropped_and_others_get_in(home: Home) -> None:
    """There are more of them than files that the server may have open."""
    limited = ["sh", "-c", 'ulimit -n 200 && exec "$@"', "sh", *serve_command()]
    server = start(home, limited)
    address = urlsplit(Connection.read(home.connection_file).endpoint)
    with contextlib.ExitStack() as stack:
        stack.callback(server.close)
        silent = []
        for _ in range(300):
            peer = stack.enter_context(socket.socket())
            peer.setblocking(False)
            peer.connect_ex((address.hostname, address.port))
            silent.append(peer)
        assert server.status()["pid"]  # within the ten seconds that a client waits for its hello
        eventually(lambda: all(map(is_dropped, silent)))
        assert serves(server)


def is_dropped(peer: socket.socket) -> bool:
    """True if the server has ended a connection, after its greeting."""
    with contextlib.suppress(BlockingIOError):
        while peer.recv(100):
            pass
        return True
    return False
