"""A session with the server: submit a job, listen to it, keep or cancel it."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from nst_server import __version__
from nst_server.client import routes
from nst_server.client.transport import Transport, other_version
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import PictureShape
from nst_server.values.progress import Progress, Report
from nst_server.wire.events import Event, Failed, Finished, Painting, Queued, Started
from nst_server.wire.order import Order
from nst_server.wire.protocol import PROTOCOL, SILENCE_SECONDS, Message
from nst_server.wire.spool import Spool, take
from nst_server.wire.transfer import Transfer, chunks

_PAUSE = 0.05
_FAR_SECONDS = 30.0
"""Time for a connection to another machine, which may have to start its server first."""
_ANSWER_SECONDS = 5.0
_AWAY_SECONDS = 2.0
"""A wait that takes so much longer than was asked for is a lid that closed, say, or Ctrl-Z."""


class _Task:
    """The job under way: its unsent pixels, and the part of the result that has arrived."""

    def __init__(self, identity: str, order: Order) -> None:
        self.identity = identity
        self.order = order
        self.unsent = chunks([picture.pixels for picture in order.pictures()])
        self.file: Spool | None = None
        """File shared with the worker for the pixels; None if they travel in messages."""
        self.result: tuple[PictureShape, Report, Spool, Transfer] | None = None


class Client:
    """A session with the server of one home, for one job at a time and a single thread.

    Nothing happens in the background: call `poll` a few times a second.
    """

    def __init__(self, transport: Transport, home: Home, *, shares: bool = True) -> None:
        """Begin without waiting; use `connect` for a session that is known to work.

        If ``shares``, pixels go through a shared file where possible.
        """
        self._transport = transport
        self._exchange = home.exchange if shares else None
        self._task: _Task | None = None
        self._events: deque[Event] = deque()
        self._lost: NeuralStyleError | None = None
        self.machine = ""
        """Name of the machine that paints, if the user chose another one than this."""
        self._heard = self._looked = time.monotonic()

    @classmethod
    def over(
        cls,
        transport: Transport,
        home: Home,
        *,
        timeout: float,
        shares: bool = True,
        waiting: Callable[[float], None] | None = None,
    ) -> Client:
        """Return a session over ``transport`` whose server has answered a hello.

        Calls ``waiting`` as `greet` does, and raises as `connect`.
        """
        client = cls(transport, home, shares=shares)
        try:
            client.greet(PROTOCOL, timeout=timeout, waiting=waiting)
        except BaseException:
            client.close()
            raise
        return client

    @classmethod
    def connect(cls, home: Home, *, timeout: float = 5.0, shares: bool = True) -> Client:
        """Return a session with the running server of ``home``, which has answered a hello.

        If ``shares``, pixels go through a shared file where possible.
        Raises `NeuralStyleError` ``server-gone``, ``protocol-mismatch`` or ``not-authorised``.
        """
        transport = routes.transport(home)
        patience = _FAR_SECONDS if transport.elsewhere else timeout
        return cls.over(transport, home, timeout=patience, shares=shares)

    def greet(
        self,
        protocol: int,
        *,
        timeout: float = 5.0,
        waiting: Callable[[float], None] | None = None,
    ) -> None:
        """Say hello with this protocol number and wait for the answer. Raises as `connect`.

        ``waiting`` is called with the elapsed seconds about twenty times a second.
        """
        hello = Message("hello", {"protocol": protocol, "version": __version__})
        try:
            welcome = self._request(hello, "welcome", timeout, waiting)
        except NeuralStyleError as error:
            if self._transport.elsewhere and error.code == "protocol-mismatch":
                raise other_version() from None
            raise
        if self._transport.elsewhere:
            self.machine = str(welcome.fields.get("machine", ""))

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session; a job under way is cancelled by the server."""
        self._transport.close()

    @property
    def busy(self) -> bool:
        """True if a job is under way."""
        return self._task is not None

    def submit(self, order: Order) -> None:
        """Submit an order. Its pixels are read when its turn comes: do not change them before.

        Raises `NeuralStyleError` ``bad-usage`` if a job is under way already.
        """
        if self._task is not None:
            raise NeuralStyleError("bad-usage", "A job is under way already.")
        self._receive(0)
        self._events.clear()  # those of an earlier job
        if self._lost is not None:
            raise self._lost
        self._task = _Task(secrets.token_hex(8), order)
        self._heard = time.monotonic()
        self._send(Message("submit", {"job": self._task.identity, "request": order.to_wire()}))

    def poll(self, timeout: float = 0.0) -> list[Event]:
        """Handle arrived messages and return their events, waiting for up to ``timeout`` seconds.

        A server that died or fell silent appears as `Failed` with ``server-gone``.
        """
        if not self._events:
            self._receive(timeout)
        events = list(self._events)
        self._events.clear()
        return events

    def events(self) -> Iterator[Event]:
        """Yield the events of the job up to and including its `Finished` or `Failed`.

        A caller that stops earlier gets the remaining events from the next call.
        """
        while True:
            if not self._events:
                self._receive(0.5)
            while self._events:
                event = self._events.popleft()
                yield event
                if isinstance(event, Finished | Failed):
                    return
            if self._task is None:
                return

    def cancel(self) -> None:
        """Give up the job; `Failed` with ``cancelled`` follows. Without a job nothing happens."""
        if self._task is not None:
            self._send(Message("cancel", {"job": self._task.identity}))

    def keep(self) -> None:
        """Stop painting and take the current picture; `Finished` follows."""
        if self._task is not None:
            self._send(Message("keep", {"job": self._task.identity}))

    def cancel_job(self, job: str, *, timeout: float = 5.0) -> bool:
        """Cancel any client's job by its id in `status`; return False if there is no such job."""
        try:
            self._request(Message("cancel", {"job": job}), "cancelled", timeout)
        except NeuralStyleError as error:
            if error.code != "bad-message":
                raise
            return False
        return True

    def status(self, *, timeout: float = 5.0) -> dict[str, Any]:
        """Return the state of the server: pid, version, protocol, uptime, worker, jobs."""
        return self._request(Message("status"), "status", timeout).fields

    def dismiss(self, *, timeout: float = 5.0) -> None:
        """Tell the server to end, without waiting for that.

        Works with any protocol number. Raises ``server-gone``.
        """
        self._request(Message("shutdown"), "bye", timeout)

    def shutdown(self, *, timeout: float = 15.0) -> None:
        """End the server and wait until it has ended its worker and itself.

        Works with any protocol number. Raises ``server-gone``, or ``server-failed`` after
        ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        self.dismiss(timeout=min(timeout, _ANSWER_SECONDS))
        while self._lost is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NeuralStyleError("server-failed", "The server was told to end but has not.")
            self._receive(left)

    def _request(
        self,
        request: Message,
        reply: str,
        timeout: float,
        waiting: Callable[[float], None] | None = None,
    ) -> Message:
        """Send ``request`` and return its reply; events that arrive before the reply are kept."""
        self._send(request)
        begun = time.monotonic()
        while self._lost is None:
            elapsed = time.monotonic() - begun
            left = timeout - elapsed
            if waiting is not None:
                waiting(elapsed)
                left = min(left, _PAUSE) if left > 0 else left
            if left <= 0:
                raise self._transport.unanswered()
            for message in self._receive(left):
                if message.job != request.job:
                    continue
                if message.kind == reply:
                    return message
                if message.kind == "error":
                    raise NeuralStyleError.from_wire(message.fields.get("error"))
        raise self._lost

    def _send(self, message: Message) -> None:
        if self._lost is not None:
            return  # reported as an event, or by `_request`
        try:
            self._transport.send(message.to_frames())
        except NeuralStyleError as error:
            self._lose(error)

    def _receive(self, timeout: float) -> list[Message]:
        """Handle messages, waiting up to ``timeout``; return those not about the job under way."""
        others: list[Message] = []
        if self._lost is not None:
            return others
        self._transport.wait(timeout)
        now = time.monotonic()
        if now - self._looked > timeout + _AWAY_SECONDS:
            self._heard = now  # we were stopped, and what the server said meanwhile is on its way
        self._looked = now
        if self._transport.arriving():  # on a slow line a message takes longer than any silence
            self._heard = now
        # Checked before the last messages are read, so that none of them is lost with the server.
        ended = self._transport.ended()
        for frames in self._transport.received():
            if self._lost is not None:
                break
            self._heard = time.monotonic()
            try:
                message = Message.from_frames(frames)
                if self._task is not None and message.job == self._task.identity:
                    self._handle(self._task, message)
                else:
                    others.append(message)
            except (NeuralStyleError, KeyError, TypeError, ValueError) as error:
                if isinstance(error, NeuralStyleError) and error.code == "unwritable":
                    self.cancel()
                    self._finish(Failed(error))
                    continue
                self._lose(
                    NeuralStyleError("bad-message", "The server sent what is not understood.")
                )
                break
        if self._lost is None and ended:
            self._lose(self._transport.verdict(busy=self._task is not None))
        elif self._task is not None and time.monotonic() - self._heard > SILENCE_SECONDS:
            self._lose(self._transport.silence())
        return others

    def _lose(self, error: NeuralStyleError) -> None:
        self._lost = error
        if self._task is not None:
            self._finish(Failed(error))

    def _finish(self, event: Finished | Failed) -> None:
        self._task = None
        self._events.append(event)

    def _handle(self, task: _Task, message: Message) -> None:
        """Handle one message about the job under way."""
        fields = message.fields
        match message.kind:
            case "queued":
                self._events.append(Queued(int(fields["position"])))
            case "started":
                self._events.append(
                    Started(
                        str(fields["device"]),
                        str(fields["precision"]),
                        str(fields["backbone"]),
                        int(fields["width"]),
                        int(fields["height"]),
                        self.machine,
                    )
                )
            case "credit":
                self._give_pixels(task, fields)
            case "progress":
                payload = message.payload
                preview = None if payload is None else memoryview(payload).tobytes()
                self._events.append(Painting(Progress.from_wire(fields), preview))
            case "result":
                self._prepare(task, fields)
            case "chunk":
                self._take(task, message)
            case "failed" | "error":
                self._finish(Failed(NeuralStyleError.from_wire(fields.get("error"))))

    def _give_pixels(self, task: _Task, fields: dict[str, Any]) -> None:
        """Send as many chunks as requested, through the named file if it can be opened."""
        if task.file is None and self._exchange is not None:
            task.file = take(self._exchange, fields.get("file"), task.order.size_in_bytes)
        for chunk in islice(task.unsent, int(fields["chunks"])):
            span = {"job": task.identity, "offset": chunk.offset, "length": chunk.length}
            if task.file is None:
                self._send(Message("chunk", span, chunk.payload()))
            else:
                chunk.put_into(task.file)
                self._send(Message("chunk", span))

    def _prepare(self, task: _Task, fields: dict[str, Any]) -> None:
        """Make room for the result, which has the shape of the content, and ask for it."""
        picture = PictureShape.from_wire(fields["picture"])
        if picture != task.order.content.shape:
            raise ValueError("a result of another shape")
        size = picture.size_in_bytes
        folder = None if self._exchange is None else self._exchange.parent
        pixels = Spool.new(size, folder) if task.file is None else task.file.part(0, size)
        transfer = Transfer(size)
        task.result = picture, Report.from_wire(fields["report"]), pixels, transfer
        self._give_credit(task, transfer)

    def _give_credit(self, task: _Task, transfer: Transfer) -> None:
        wanted = transfer.wanted
        if wanted:
            transfer.grant(wanted)
            self._send(Message("credit", {"job": task.identity, "chunks": wanted}))

    def _take(self, task: _Task, message: Message) -> None:
        if task.result is None:
            return
        picture, report, pixels, transfer = task.result
        start = transfer.received
        transfer.accept(message.fields.get("offset"), message.length)
        if message.payload is not None:
            pixels.write(start, message.payload)
        elif task.file is None:
            raise ValueError("pixels in a file that was not shared")
        if transfer.complete:
            self._finish(Finished(picture, pixels, report))
        else:
            self._give_credit(task, transfer)


def stop_server(home: Home, *, timeout: float = 15.0) -> None:
    """Shut down the running server of ``home``, of any version, as `Client.shutdown` does."""
    with Client(routes.transport(home), home) as client:
        client.shutdown(timeout=timeout)
