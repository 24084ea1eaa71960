"""Places where orders are painted one after the other, and what becomes of their events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable
from contextlib import closing

from nst_server.client.launcher import connect_or_start
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError, in_words
from nst_server.wire.events import Event, Failed, Finished
from nst_server.wire.order import Order

Events = Generator[Event, None, None]
"""Events of one job, up to and including its `Finished` or `Failed`; closed early, it is given
up."""

NumberedEvents = Generator[tuple[int, Event], None, None]
"""Events of many jobs, each with its order's number from 0; closed early, all are given up."""

WITHOUT_SERVER = "To paint without a server: nst stylize --local."
"""Advice for whoever gets no server."""

_SESSION_LOST = {"server-gone", "bad-message", "protocol-mismatch", "not-authorised"}
"""Codes of failures after which nothing more comes from that session."""


class Backend(ABC):
    """Paints orders, in one place or in several."""

    @abstractmethod
    def run(self, order: Order) -> Events:
        """Yield the events of an order. Raises `NeuralStyleError` if it cannot begin."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything that was kept for the next order."""

    def paint(self, orders: Iterable[Order]) -> NumberedEvents:
        """Yield the events of many orders; here one order is painted after the other.

        A failure ends one order only, and is its `Failed`. Orders are taken when it is their turn,
        so that an iterator may read a file for each.
        """
        for number, order in enumerate(orders):
            try:
                with closing(self.run(order)) as events:
                    for event in events:
                        yield number, event
            except (NeuralStyleError, MemoryError) as error:
                yield number, Failed(in_words(error))


class ServerBackend(Backend):
    """The server of a home, which is started if need be; its session stays."""

    def __init__(self, home: Home, waiting: Callable[[float], None] | None = None) -> None:
        """``waiting`` is called as `connect_or_start` does."""
        self._home = home
        self._waiting = waiting
        self._client: Client | None = None

    def run(self, order: Order) -> Events:
        """Yield the events of an order. Raises as `connect_or_start`."""
        client = self._submit(order)
        usable = False
        try:
            for event in client.events():
                lost = isinstance(event, Failed) and event.error.code in _SESSION_LOST
                usable = isinstance(event, Finished | Failed) and not lost
                yield event
        finally:
            if usable:
                self._client = client
            else:
                client.close()  # which cancels a job under way

    def close(self) -> None:
        """End the session."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _submit(self, order: Order) -> Client:
        """Submit in the session that is there or, if its server has ended, in a new one."""
        client, self._client = self._client, None
        if client is not None:
            try:
                client.submit(order)
            except NeuralStyleError:
                client.close()
            else:
                return client
        try:
            client = connect_or_start(self._home, waiting=self._waiting)
        except NeuralStyleError as error:
            raise error.advising(WITHOUT_SERVER) from None
        try:
            client.submit(order)
        except BaseException:
            client.close()
            raise
        return client


def backend_for(home: Home, local: bool, waiting: Callable[[float], None] | None = None) -> Backend:
    """The server of ``home`` or, if ``local``, the engine in this process."""
    if not local:
        return ServerBackend(home, waiting)
    from nst_server.studio.local_backend import LocalBackend

    return LocalBackend(home)


def finished(events: Events, tell: Callable[[Event], object]) -> Finished:
    """Wait for the result, passing on what comes before. Raises `NeuralStyleError` if it fails."""
    with closing(events):
        for event in events:
            if isinstance(event, Finished):
                return event
            if isinstance(event, Failed):
                raise event.error
            tell(event)
    raise NeuralStyleError("server-gone", "The server stopped without an answer.")
