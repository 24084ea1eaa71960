"""The way to the server of this machine: a ZeroMQ socket with CURVE."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import zmq
from zmq.utils.monitor import recv_monitor_message

from nst_server.client.transport import unreachable
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection
from nst_server.wire.protocol import MAXIMUM_FRAME_BYTES

_ENDS = {
    zmq.Event.CLOSED,
    zmq.Event.DISCONNECTED,
    zmq.Event.HANDSHAKE_FAILED_AUTH,
    zmq.Event.HANDSHAKE_FAILED_NO_DETAIL,
    zmq.Event.HANDSHAKE_FAILED_PROTOCOL,
}
"""Socket events which mean that our server is not, or no longer, at the endpoint."""

_NEVER_MILLISECONDS = 24 * 3600 * 1000


class SocketTransport:
    """A connection to the endpoint that a connection file names; for a single thread."""

    elsewhere = False

    def __init__(self, connection: Connection, log: Path) -> None:
        """Connect without waiting. ``log`` is the server's, for the error if it ends."""
        self._log = log
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.maxmsgsize = MAXIMUM_FRAME_BYTES
        # A lost server has lost the job too, so reconnecting is useless. But switching it off with
        # -1 would drop the last messages that were received but not yet read.
        self._socket.reconnect_ivl = _NEVER_MILLISECONDS
        self._socket.curve_serverkey = connection.server_public.encode()
        self._socket.curve_publickey = connection.client_public.encode()
        self._socket.curve_secretkey = connection.client_secret.encode()
        self._monitor = self._socket.get_monitor_socket()
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)
        self._end: int | None = None
        self._refused: NeuralStyleError | None = None
        try:
            self._socket.connect(connection.endpoint)
        except zmq.ZMQError as error:
            self._refused = unreachable("The server cannot be reached: {reason}.", reason=error)

    def watch(self, other: socket.socket) -> None:
        """Have `wait` return for another socket too."""
        self._poller.register(other, zmq.POLLIN)

    def send(self, frames: Sequence[Any]) -> None:
        """Pass a message on. Raises `NeuralStyleError` ``server-gone``."""
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK, copy=False)
        except zmq.Again:
            if self.ended():
                raise self.verdict(busy=False) from None
            raise unreachable(
                "The server cannot be reached: it does not take any messages."
            ) from None

    def wait(self, seconds: float) -> None:
        """Return when there is something to receive, or after so long."""
        self._poller.poll(max(0, int(seconds * 1000)))

    def received(self) -> Iterator[Sequence[Any]]:
        """The messages that have arrived."""
        while True:
            try:
                yield self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return

    def arriving(self) -> bool:
        """Never true: of a message that has not come wholly nothing is seen."""
        return False

    def ended(self) -> bool:
        """True if our server is not, or no longer, at the endpoint."""
        while self._end is None and self._monitor.poll(0):
            event = recv_monitor_message(self._monitor)["event"]
            if event in _ENDS:
                self._end = event
        return self._end is not None or self._refused is not None

    def verdict(self, busy: bool) -> NeuralStyleError:
        """The error for the end of the connection."""
        if self._refused is not None:
            return self._refused
        if self._end == zmq.Event.HANDSHAKE_FAILED_AUTH:
            return NeuralStyleError(
                "not-authorised",
                "The server does not accept this key.",
                "The connection file is of another server; start the server again.",
            )
        if busy:
            return NeuralStyleError(
                "server-gone",
                "The server ended before the painting was done.",
                "Try again: the server is then started anew. Its log is {log}.",
                log=self._log,
            )
        return unreachable("The server cannot be reached: nothing answers at its address.")

    def unanswered(self) -> NeuralStyleError:
        """The error for a request to which nothing comes."""
        return unreachable("The server cannot be reached: it does not answer.")

    def silence(self) -> NeuralStyleError:
        """The error for a server from which nothing comes during a job."""
        return unreachable("The server cannot be reached: it fell silent.")

    def close(self) -> None:
        """End the connection."""
        if not self._socket.closed:
            self._socket.disable_monitor()
            self._monitor.close(linger=0)
            self._socket.close(linger=0)
            self._context.term()
