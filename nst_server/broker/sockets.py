"""The broker's sockets."""

from __future__ import annotations

import zmq

from nst_server.broker.authentication import KeyPair, KnownKeys
from nst_server.wire.protocol import MAXIMUM_FRAME_BYTES

_MOST_FRAMES = 4
"""Frames that are read of a message: its sender, and one more than any message has."""
_WAITING_MESSAGES = 64
"""Unread messages per peer; a client with more counts as gone at the next important message."""
_HANDSHAKE_MILLISECONDS = 2000
"""Time in which a new connection must show a known key, lest silent ones take all places."""
_WAITING_CONNECTIONS = 1024
"""Connections that the system keeps for us until there is a place."""
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
    socket.handshake_ivl = _HANDSHAKE_MILLISECONDS
    socket.backlog = _WAITING_CONNECTIONS
    socket.rcvhwm = socket.sndhwm = _WAITING_MESSAGES
    socket.router_mandatory = True
    socket.linger = _LINGER_MILLISECONDS
    socket.bind("tcp://127.0.0.1:*")
    return socket


def endpoint_of(socket: zmq.Socket[bytes]) -> str:
    """Return the address of a bound socket."""
    return str(socket.get_string(zmq.LAST_ENDPOINT))


def first_frames(socket: zmq.Socket[bytes]) -> list[zmq.Frame]:
    """Return a message's frames, its sender first; of one with too many the rest is dropped.

    Raises `zmq.Again` if there is no message.
    """
    frames = [socket.recv(zmq.NOBLOCK, copy=False)]
    while socket.getsockopt(zmq.RCVMORE):
        frame = socket.recv(zmq.NOBLOCK, copy=False)
        if len(frames) < _MOST_FRAMES:
            frames.append(frame)
    return frames
