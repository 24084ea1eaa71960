"""The broker: one thread that waits for nothing but messages.

It knows the jobs' headers and relays their pixels, chunk by chunk, on credit; it stores no pixels.
Changes by a message are recorded at once (in `Jobs`, `Workers`, the sets of clients); their
consequences follow in one place, `Broker._advance`.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Callable, Sequence
from typing import Any

import zmq

from nst_server import __version__
from nst_server.broker.authentication import KnownKeys
from nst_server.broker.connections import CHECK_SECONDS, Connections
from nst_server.broker.jobs import Entry, Jobs
from nst_server.broker.outbox import Outbox
from nst_server.broker.sockets import first_frames
from nst_server.broker.worker_death import worker_death
from nst_server.broker.worker_slot import State, WorkerSlot
from nst_server.broker.workers import Workers
from nst_server.host.home import Home
from nst_server.host.memory import available_memory
from nst_server.host.process_limits import limits_in_words
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, PictureShape
from nst_server.values.limits import check_size
from nst_server.wire.protocol import (
    CLIENT_KINDS,
    IMPATIENCE_SECONDS,
    PING_SECONDS,
    PROTOCOL,
    Message,
)
from nst_server.wire.transfer import Transfer, left_alone

_log = logging.getLogger(__name__)

_BATCH = 32
"""Messages read from one socket before the other gets its turn."""
_POLL_SECONDS = 1.0
_AWAY_SECONDS = 5.0
"""A round that takes longer is no work of ours: the machine slept, or we were stopped."""
_LADDER_POLL_SECONDS = 0.05
CLIENTS = "clients"
"""ZAP domain of the clients' socket."""


class Broker:
    """Relays messages between clients and workers until it is told to stop."""

    def __init__(
        self,
        home: Home,
        clients: zmq.Socket[bytes],
        workers_socket: zmq.Socket[bytes],
        workers: Workers,
        known: KnownKeys,
        *,
        server_idle: float,
        found: Callable[[], bool],
    ) -> None:
        """``found`` says whether clients still find this server; it is asked once a second."""
        self.stopping = False
        self.failure: NeuralStyleError | None = None
        """Reason why the server must end, if it has one of its own."""
        self._home = home
        self._clients_socket = clients
        self._workers_socket = workers_socket
        self._workers = workers
        self._known = known
        self._connections = Connections(clients)
        self._server_idle = server_idle
        self._found = found
        self._jobs = Jobs()
        self._clients: set[bytes] = set()
        """Reachable clients that said hello with the right protocol number."""
        self._outbox = Outbox(clients)
        self._now = self._started = self._active = time.monotonic()
        self._ping_at = self._started

    def run(self, wake: Any) -> None:
        """Work until `stopping`; ``wake`` is a socket that becomes readable on a signal."""
        poller = zmq.Poller()
        poller.register(self._clients_socket, zmq.POLLIN)
        poller.register(self._workers_socket, zmq.POLLIN)
        poller.register(wake, zmq.POLLIN)
        poller.register(self._connections.monitor, zmq.POLLIN)
        while not self.stopping:
            ready = dict(poller.poll(int(self._poll_seconds() * 1000)))
            before, self._now = self._now, time.monotonic()
            if self._now - before > _AWAY_SECONDS:  # stopped, and the workers perhaps with us
                self._workers.postpone(self._now - before)
                for entry in self._jobs.running:
                    entry.heard = self._now
            if wake.fileno() in ready:
                wake.recv(64)
            if self._workers_socket in ready:
                self._receive(self._workers_socket, self._from_worker)
            if self._clients_socket in ready:
                self._receive(self._clients_socket, self._from_client)
            self._connections.check(self._now)
            self._advance()

    def _poll_seconds(self) -> float:
        """Return how long nothing needs to be done if nothing comes."""
        if self._workers.ending:
            return _LADDER_POLL_SECONDS
        return CHECK_SECONDS if self._connections else _POLL_SECONDS

    def stop(self) -> None:
        """Make `run` return soon."""
        self.stopping = True

    def close(self) -> None:
        """Tell the client of every job why the server ends, and end the workers."""
        stopped = self.failure or NeuralStyleError("server-gone", "The server was stopped.")
        for entry in self._jobs.entries:
            self._tell(entry.client, Message("failed", _about(entry, error=stopped.to_wire())))
        self._workers.end_and_wait(self._now)
        self._connections.close()

    def _receive(self, socket: zmq.Socket[bytes], handle: Any) -> None:
        for _ in range(_BATCH):
            try:
                sender, *frames = first_frames(socket)
            except zmq.Again:
                return
            self._connections.heard(sender)
            handle(sender.bytes, frames)

    # Clients

    def _from_client(self, client: bytes, frames: Sequence[Any]) -> None:
        job = ""
        try:
            message = Message.from_frames(frames)
            job = message.job[:100]
            self._handle_client(client, message)
        except NeuralStyleError as error:
            _log.info("client %s: %s", client.hex(), error)
            self._tell_error(client, job, error)
        except Exception:  # an error in our code must not cost other clients their jobs
            _log.exception("client %s: a message could not be handled", client.hex())
            failure = NeuralStyleError("internal", "The server could not handle a message.")
            self._tell_error(client, job, failure)

    def _tell_error(self, client: bytes, job: str, error: NeuralStyleError) -> None:
        fields = {"job": job} if job else {}
        self._tell(client, Message("error", {**fields, "error": error.to_wire()}))

    def _handle_client(self, client: bytes, message: Message) -> None:
        """Handle one message. Raises a `NeuralStyleError` to report to the client."""
        if message.kind not in CLIENT_KINDS:
            raise NeuralStyleError("bad-message", f"{message.kind[:40]!r} is no kind of message.")
        if message.kind == "shutdown":  # with any protocol, so that an upgrade can stop us
            self._tell(client, Message("bye"))
            self.stop()
            return
        if message.kind == "hello":
            self._greet(client, message.fields)
            return
        if client not in self._clients:
            raise NeuralStyleError("bad-message", "The first message must be a hello.")
        if message.kind == "status":
            self._tell(client, Message("status", self._status()))
            return
        if message.kind == "submit":
            self._submit(client, message)
            return
        entry = self._jobs.find(message.job)
        if message.kind == "cancel":
            self._tell(client, Message("cancelled", _about(entry)))
            self._fail(entry, NeuralStyleError("cancelled", "The job was cancelled."))
            return
        if entry.client != client:
            raise NeuralStyleError("bad-message", "This job is another client's.")
        try:
            self._forward_to_worker(entry, message)
        except NeuralStyleError as error:
            self._fail(entry, error)

    def _greet(self, client: bytes, fields: dict[str, Any]) -> None:
        if fields.get("protocol") != PROTOCOL:
            raise NeuralStyleError(
                "protocol-mismatch",
                "The running server is of version {version} and does not understand this client.",
                "Stop it with 'nst stop' and try again.",
                version=__version__,
            )
        self._clients.add(client)
        self._tell(client, Message("welcome", self._self_description()))

    def _submit(self, client: bytes, message: Message) -> None:
        """Queue a job if its header is valid; `_advance` then tells the client its position."""
        try:
            job = Job.from_wire(message.fields.get("request"))
            check_size(job, available_memory())
            entry = self._jobs.submit(message.fields.get("job"), client, job)
            _log.info("job %s submitted", entry.name)
        except NeuralStyleError as error:
            _log.info("client %s: job refused: %s", client.hex(), error)
            fields = {"job": message.job[:100], "error": error.to_wire()}
            self._tell(client, Message("failed", fields))

    def _forward_to_worker(self, entry: Entry, message: Message) -> None:
        """Relay the owner's pixels, credit and keep. Raises ``bad-message`` if out of order."""
        entry.heard = self._now
        match message.kind:
            case "chunk":
                offset = message.fields.get("offset")
                entry.upload.accept(offset, message.length)
                span = {"offset": offset, "length": message.length}
                self._tell_worker(entry, Message("chunk", _about(entry, **span), message.payload))
            case "credit":
                if entry.download is None:
                    raise NeuralStyleError("bad-message", "There is no result to give credit for.")
                count = message.fields.get("chunks")
                entry.download.grant(count)
                self._tell_worker(entry, Message("credit", _about(entry, chunks=count)))
            case "keep":
                if not entry.kept:
                    self._tell_worker(entry, Message("keep", _about(entry)))
                entry.kept = True

    def _tell(self, client: bytes, message: Message) -> None:
        self._outbox.send(client, message, self._now)

    # The workers

    def _from_worker(self, identity: bytes, frames: Sequence[Any]) -> None:
        slot = self._workers.called(identity)
        if slot is None:
            return  # a late message
        try:
            self._handle_worker(slot, Message.from_frames(frames))
        except (NeuralStyleError, KeyError, TypeError, ValueError):
            _log.exception("a message of a worker was not understood")
            slot.end(self._now)

    def _handle_worker(self, slot: WorkerSlot, message: Message) -> None:
        entry = self._jobs.at(slot.number)
        fields = message.fields
        if message.kind == "idle":
            if entry is not None:
                reason = "The worker gave up the job without giving a reason."
                self._fail(entry, NeuralStyleError("internal", reason))
            slot.became_idle(fields, self._now)
            return
        if entry is None or message.job != entry.name:
            return  # about a job that was cancelled
        match message.kind:
            case "credit":
                entry.upload.grant(fields["chunks"])
            case "started":
                slot.told |= {name: fields[name] for name in ("device", "precision", "backbone")}
            case "progress":
                entry.progress = {name: fields[name] for name in fields if name != "job"}
            case "result":
                entry.download = Transfer(PictureShape.from_wire(fields["picture"]).size_in_bytes)
                entry.heard = self._now
            case "failed":
                self._fail(entry, NeuralStyleError.from_wire(fields.get("error")))
                return
            case "chunk":
                if entry.download is None:
                    raise ValueError("pixels before the header of the result")
                entry.download.accept(fields.get("offset"), message.length)
        self._tell(entry.client, message)
        if entry.download is not None and entry.download.complete:
            self._jobs.remove(entry)
            slot.release(self._now)

    def _tell_worker(self, entry: Entry, message: Message) -> None:
        """Send to the worker that has the job, if one has it."""
        if slot := self._workers.at(entry.slot):
            slot.send(message, self._now)

    # Jobs

    def _fail(self, entry: Entry, error: NeuralStyleError) -> None:
        """End a job with an error: its client is told at once, the worker gets time to stop."""
        _log.info("job %s failed: %s", entry.name, error)
        self._tell(entry.client, Message("failed", _about(entry, error=error.to_wire())))
        self._drop(entry)

    def _drop(self, entry: Entry) -> None:
        """Forget a job; a worker that has it is told to stop and must become idle in time."""
        slot = self._workers.at(entry.slot)
        if slot is not None and slot.state is State.BUSY:
            slot.send(Message("cancel", _about(entry)), self._now)
            slot.release(self._now)
        self._jobs.remove(entry)

    def _advance(self) -> None:
        """Do what the current state requires; no other method starts anything unasked."""
        if self._now >= self._ping_at:
            self._ping_at = self._now + PING_SECONDS
            for client in self._clients:
                self._tell(client, Message("ping"))
            if not self._found():
                _log.info("nobody finds this server any more: its folder is gone")
                self.stop()
        self._forget_lost()
        self._mind_workers()
        for entry in self._jobs.neglected(self._now - IMPATIENCE_SECONDS):
            self._fail(entry, left_alone())
        for entry, position in self._jobs.moved(len(self._workers.employed)):
            self._tell(entry.client, Message("queued", _about(entry, position=position)))
        while self._jobs.waiting and (slot := self._workers.free):
            self._start_job(slot)
        if not self._known.answers:
            _log.error("the thread that knows the keys has ended: the server can admit nobody")
            self.failure = NeuralStyleError(
                "server-gone",
                "The server ended because it could not admit anybody any more.",
                "Try again: the server is then started anew. Its log is {log}.",
                log=self._home.server_log,
            )
            self.stop()
        elif self._clients or self._jobs.entries:
            self._active = self._now
        elif self._now - self._active >= self._server_idle:
            _log.info("nothing to do for %g seconds", self._server_idle)
            self.stop()

    def _forget_lost(self) -> None:
        self._outbox.send_kept(self._now)
        while self._outbox.lost:
            client = self._outbox.lost.pop()
            self._outbox.forget(client)
            self._clients.discard(client)
            for entry in self._jobs.of_client(client):
                _log.info("the client of job %s is gone", entry.name)
                self._drop(entry)

    def _mind_workers(self) -> None:
        """Fail the jobs of workers that ended, and start workers that are needed."""
        for slot in self._workers:
            state, entry = slot.state, self._jobs.at(slot.number)
            reason = slot.check(self._now)
            if reason is not None:
                self._mourn(slot, state, reason, entry)
        for slot in self._workers.wanted(len(self._jobs.waiting)):
            try:
                slot.start(self._now)
            except OSError as error:
                self._mourn(slot, State.STARTING, str(error.strerror), None)

    def _mourn(self, slot: WorkerSlot, state: State, reason: str, entry: Entry | None) -> None:
        """Fail the job that a worker had; of one that did not start, unless others can paint."""
        error = worker_death(state, reason, self._home.server_log)
        if state is State.STARTING and not self._workers.can_spare(slot, error.sentence):
            entry = next(iter(self._jobs.waiting), None)
        if entry is not None:
            self._fail(entry, error)

    def _start_job(self, slot: WorkerSlot) -> None:
        entry = self._jobs.start_next(slot.number)
        entry.heard = self._now
        slot.take_job()
        self._tell_worker(entry, Message("job", _about(entry, request=entry.job.to_wire())))
        if entry.kept:
            self._tell_worker(entry, Message("keep", _about(entry)))

    def _self_description(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "version": __version__,
            "protocol": PROTOCOL,
            "machine": platform.node(),
        }

    def _status(self) -> dict[str, Any]:
        workers = self._workers.to_wire()
        return {
            **self._self_description(),
            "uptime": self._now - self._started,
            "worker": workers[0],
            "workers": workers,
            "limits": limits_in_words(),
            "jobs": self._jobs.to_wire(len(self._workers.employed)),
        }


def _about(entry: Entry, **fields: Any) -> dict[str, Any]:
    return {"job": entry.name, **fields}
