"""The connections of a bound socket, watched so that no message grows without end.

ZeroMQ hands a message over when its last frame has come, and limits only how long one frame may
be. Until then it keeps whatever a peer sends.
"""

from __future__ import annotations

import contextlib
import logging
import socket as sockets
import struct
import sys

import zmq
from zmq.utils.monitor import recv_monitor_message

_log = logging.getLogger(__name__)

MOST_UNREAD_BYTES = 64 * 2**20
"""Most bytes of unread messages of all connections together; pixels on credit are a quarter."""

CHECK_SECONDS = 0.1
"""Pause between two checks, in which little more can come."""

_BYTES_RECEIVED = 128
"""Offset of ``tcpi_bytes_received`` in Linux's ``struct tcp_info``."""


class Connections:
    """Open connections by descriptor, each with what it had received when it was last read.

    It knows only on Linux how much a connection has received. Elsewhere nothing is ended.
    """

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        """Watch ``socket``. Connections from before are not seen."""
        self._monitor = socket.get_monitor_socket(zmq.Event.ACCEPTED | zmq.Event.DISCONNECTED)
        self._read: dict[int, int] = {}
        self._heard: set[int] = set()
        self._check_at = 0.0

    def __bool__(self) -> bool:
        """True if there are any."""
        return bool(self._read)

    @property
    def monitor(self) -> zmq.Socket[bytes]:
        """A socket that becomes readable when a connection comes or goes."""
        return self._monitor

    def heard(self, frame: zmq.Frame) -> None:
        """Note that a message has been read, to which ``frame`` belongs."""
        self._heard.add(int(frame.get(zmq.SRCFD)))

    def check(self, now: float) -> None:
        """End the connection with most unread bytes if all together have too many."""
        while self._monitor.poll(0):
            event = recv_monitor_message(self._monitor)
            if event["event"] == zmq.Event.ACCEPTED:
                self._read[int(event["value"])] = 0
            else:
                self._read.pop(int(event["value"]), None)
        if now < self._check_at:
            return
        self._check_at = now + CHECK_SECONDS
        unread = {descriptor: self._unread(descriptor) for descriptor in self._read}
        self._heard.clear()
        if sum(unread.values()) > MOST_UNREAD_BYTES:
            largest = max(unread, key=unread.__getitem__)
            megabytes = unread[largest] // 2**20
            _log.warning("%d MB and still no whole message: a connection is cut", megabytes)
            _shut(largest)

    def close(self) -> None:
        """Stop watching."""
        self._monitor.close(linger=0)

    def _unread(self, descriptor: int) -> int:
        received = _bytes_received(descriptor)
        if descriptor in self._heard:
            self._read[descriptor] = received
        return received - self._read[descriptor]


def _bytes_received(descriptor: int) -> int:
    """Return how many bytes have come over a connection; 0 if it is gone or nothing tells."""
    if sys.platform != "linux":
        return 0
    try:
        with _borrowed(descriptor) as connection:
            info = connection.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_INFO, 256)
        return int(struct.unpack_from("Q", info, _BYTES_RECEIVED)[0])
    except (OSError, struct.error):  # gone just now, or a system older than the field
        return 0


def _shut(descriptor: int) -> None:
    with contextlib.suppress(OSError), _borrowed(descriptor) as connection:
        connection.shutdown(sockets.SHUT_RDWR)


def _borrowed(descriptor: int) -> sockets.socket:
    """Return a second handle to the connection that ZeroMQ owns."""
    return sockets.fromfd(descriptor, sockets.AF_INET, sockets.SOCK_STREAM)
