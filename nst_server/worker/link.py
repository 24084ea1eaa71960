"""The worker's side of the conversation with the broker."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import zmq

from nst_server.values.job import JobHeader
from nst_server.wire.events import Finished, Painting, Started
from nst_server.wire.order import Order, order_from
from nst_server.wire.protocol import MAXIMUM_FRAME_BYTES, PATIENCE_SECONDS, Message
from nst_server.wire.spool import Spool, offer, withdraw
from nst_server.wire.transfer import Transfer, left_alone, spans

_LINGER_MS = 5000
"""Milliseconds for what was sent to go out at the end."""


class JobCancelledError(Exception):
    """The broker cancelled this job."""


class WorkerLink:
    """Connection to the broker, one job at a time: pixels, wishes of the client, result."""

    def __init__(self, details: Mapping[str, str]) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.maxmsgsize = MAXIMUM_FRAME_BYTES
        self._socket.routing_id = details["name"].encode()
        self._socket.curve_serverkey = details["server_public"].encode()
        self._socket.curve_publickey = details["public"].encode()
        self._socket.curve_secretkey = details["secret"].encode()
        self._socket.connect(details["endpoint"])
        self._exchange = Path(details["exchange"])
        self._shared = False
        """True if the client of the job has its pixels in the file that was offered."""
        self._kept = False

    def send(self, message: Message) -> None:
        """Send to the broker, which passes messages about a job on to its client."""
        self._socket.send_multipart(message.to_frames(), copy=False)

    def close(self) -> None:
        """Close the connection, when what was sent has gone out."""
        self._context.destroy(linger=_LINGER_MS)

    def next_job(self) -> Message:
        """Wait for a job; late messages about earlier ones are dropped."""
        while True:
            message = Message.from_frames(self._socket.recv_multipart(copy=False))
            if message.kind == "job":
                self._kept = False
                return message

    def receive_pixels(self, name: str, header: JobHeader) -> Order:
        """Return the order whose header came with job ``name``, its pixels all in one file.

        The client may share that file. Raises `JobCancelledError`, or `NeuralStyleError` for a
        silent client or a full disk.
        """
        file, stream = offer(self._exchange, header.size_in_bytes)
        self._shared = False
        transfer = Transfer(header.size_in_bytes)
        try:
            while not transfer.complete:
                wanted = transfer.wanted
                if wanted:
                    transfer.grant(wanted)
                    self.send(Message("credit", {"job": name, "chunks": wanted, "file": file}))
                message = self._wait_for("chunk", name)
                start = transfer.received
                transfer.accept(message.fields.get("offset"), message.length)
                if message.payload is None:
                    self._shared = True
                else:
                    stream.write(start, message.payload)
        finally:
            withdraw(self._exchange, file)
        return order_from(header, stream)

    def tell(self, name: str, event: Started | Painting | Finished) -> None:
        """Send an event to the client of job ``name``. Raises as `receive_pixels`."""
        about = {"job": name}
        match event:
            case Started():
                self.send(Message("started", {**about, **asdict(event)}))
            case Painting(progress, preview):
                self.send(Message("progress", {**about, **progress.to_wire()}, preview))
            case Finished(picture, pixels, report):
                answer = {"picture": picture.to_wire(), "report": report.to_wire()}
                self.send(Message("result", {**about, **answer}))
                self.send_pixels(name, pixels)

    def send_pixels(self, name: str, pixels: Spool) -> None:
        """Send the result, which lies over the content, as the client gives credit for it.

        Raises as `receive_pixels`.
        """
        credit = 0
        for offset, length in spans(pixels.length):
            while credit == 0:
                credit = int(self._wait_for("credit", name).fields["chunks"])
            credit -= 1
            where = {"job": name, "offset": offset, "length": length}
            payload = None if self._shared else pixels.read(offset, length)
            self.send(Message("chunk", where, payload))

    def wants_to_keep(self, name: str) -> bool:
        """Read all messages; True if painting is to stop now. Raises `JobCancelledError`."""
        while self._socket.poll(0):
            self._receive(name)
        return self._kept

    def _wait_for(self, kind: str, name: str) -> Message:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._socket.poll(max(0, int((deadline - time.monotonic()) * 1000))):
            message = self._receive(name)
            if message.kind == kind and message.job == name:
                return message
        raise left_alone()

    def _receive(self, name: str) -> Message:
        message = Message.from_frames(self._socket.recv_multipart(copy=False))
        if message.job == name:
            if message.kind == "cancel":
                raise JobCancelledError
            self._kept |= message.kind == "keep"
        return message
