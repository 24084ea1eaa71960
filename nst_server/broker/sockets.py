"""The broker's sockets."""

from __future__ import annotations

import zmq

from nst_server.broker.authentication import KeyPair, KnownKeys
from nst_server.wire.protocol import MAXIMUM_FRAME_BYTES

_WAITING_MESSAGES = 64
"""That a peer has not read; a client with more is taken for gone when something matters."""
_LINGER_MILLISECONDS = 500
"""For the last words to clients when the server ends."""


def bound_router(
    context: zmq.Context[zmq.Socket[bytes]], known: KnownKeys, domain: str, keys: KeyPair
) -> zmq.Socket[bytes]:
    """A ROUTER at a free port of this machine's own network, for known keys only.

    There are no ZeroMQ heartbeats: they can time out while large transfers are under way. The
    broker's own pings are what tells it of a lost client.
    """
    socket = context.socket(zmq.ROUTER)
    known.secure(socket, domain, keys)
    socket.maxmsgsize = MAXIMUM_FRAME_BYTES
    socket.rcvhwm = socket.sndhwm = _WAITING_MESSAGES
    socket.router_mandatory = True
    socket.linger = _LINGER_MILLISECONDS
    socket.bind("tcp://127.0.0.1:*")
    return socket


def endpoint_of(socket: zmq.Socket[bytes]) -> str:
    """Where a bound socket can be reached."""
    return str(socket.get_string(zmq.LAST_ENDPOINT))
