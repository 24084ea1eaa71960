"""The broker's sockets."""

from __future__ import annotations

import zmq

from nst_server.broker.authentication import KeyPair, KnownKeys
from nst_server.wire.protocol import MAXIMUM_FRAME_BYTES

_WAITING_MESSAGES = 64
"""Unread messages per peer; a client with more counts as gone at the next important message."""
_LINGER_MILLISECONDS = 500
"""Time allowed for delivering the last messages to clients when the server ends."""


def bound_router(
    context: zmq.Context[zmq.Socket[bytes]], known: KnownKeys, domain: str, keys: KeyPair
) -> zmq.Socket[bytes]:
    """Create a ROUTER socket on a free port of the loopback interface, for known keys only.

    ZeroMQ heartbeats stay off: they can time out while large transfers are under way. The broker
    notices a lost client by its own pings.
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
    """Return the address of a bound socket."""
    return str(socket.get_string(zmq.LAST_ENDPOINT))
