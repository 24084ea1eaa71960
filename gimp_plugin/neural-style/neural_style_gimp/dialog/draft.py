"""The live draft: a small job, restarted whenever the settings change; no GIMP, no GTK.

Only `Draft.close` waits: a thread finds or starts the server and hands over its client, and
everything else happens in `Draft.tick`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from neural_style_gimp.progress.painting import POLL_SECONDS, cancelled, connected
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings
from nst_server.wire.events import Event, Failed
from nst_server.wire.order import Order

SIDE = 256
"""Longest side of a draft."""

QUIET_SECONDS = 0.3
"""Time without a change after which a draft begins."""

CLOSE_SECONDS = 1.0
"""Time for the server to confirm the end of a draft, which it would also notice by itself."""

_ITERATIONS = 15
_SMALLEST = 64


def drafted(settings: Settings, longest: int) -> Settings:
    """Settings for the same look with little work, for a picture of ``longest`` pixels."""
    return replace(
        settings,
        size=max(_SMALLEST, longest),
        iterations=min(settings.iterations, _ITERATIONS),
    )


class Draft:
    """One draft at a time, the latest one wanted; used by one thread, which calls `tick` often.

    ``tell`` receives the events of the current draft, never those of one that was given up, and a
    `Failed` if there is no server. After that the next `want` looks for the server again.
    """

    def __init__(self, home: Home, tell: Callable[[Event], None]) -> None:
        """Look for the server at once, and start it if there is none."""
        self._home = home
        self._tell = tell
        self._threads = ThreadPoolExecutor(1)
        self._closed = False
        self._client: Client | None = None
        self._wanted: Order | None = None
        self._due = 0.0
        self._given_up = False
        self._connecting: Future[Client] | None = self._threads.submit(self._connect)

    @property
    def busy(self) -> bool:
        """True if a draft is wanted or being painted."""
        painting = self._client is not None and self._client.busy and not self._given_up
        return painting or self._wanted is not None

    def want(self, order: Order, *, after: float = QUIET_SECONDS) -> None:
        """Give up the current draft; paint ``order`` after ``after`` seconds without a new one."""
        self.give_up()
        self._wanted = order
        self._due = time.monotonic() + after

    def give_up(self) -> None:
        """End the current draft, and forget the one that was wanted."""
        self._wanted = None
        if self._client is not None and self._client.busy and not self._given_up:
            self._given_up = True
            self._client.cancel()

    def tick(self) -> None:
        """Do everything that can be done without waiting."""
        if self._connecting is not None:
            self._take_over(self._connecting)
        if self._client is not None:
            self._listen(self._client)
        if self._wanted is None or time.monotonic() < self._due:
            return
        if self._client is None:
            if self._connecting is None:
                self._connecting = self._threads.submit(self._connect)
        elif not self._client.busy:
            order = self._wanted
            self._wanted, self._given_up = None, False
            try:
                self._client.submit(order)
            except NeuralStyleError as error:
                if error.code == "server-gone":  # it had nothing to paint: start it again
                    self._wanted = order
                self._lose(error)

    def close(self) -> None:
        """End the draft and the session, so that the server is free for the real job."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.add_done_callback(_close_late)
        if self._client is not None:
            self._client.cancel()
            deadline = time.monotonic() + CLOSE_SECONDS
            while self._client.busy and time.monotonic() < deadline:
                self._client.poll(POLL_SECONDS)
            self._client.close()
        self._threads.shutdown(wait=False)

    def _connect(self) -> Client:
        return connected(self._home, self._waiting)

    def _waiting(self, seconds: float) -> None:
        if self._closed:
            raise cancelled()

    def _take_over(self, connecting: Future[Client]) -> None:
        if not connecting.done():
            return
        self._connecting = None
        try:
            self._client = connecting.result()
        except NeuralStyleError as error:
            self._wanted = None
            self._tell(Failed(error))

    def _listen(self, client: Client) -> None:
        for event in client.poll(0):
            if isinstance(event, Failed) and event.error.code == "server-gone":
                self._lose(event.error)
            elif not self._given_up:
                self._tell(event)

    def _lose(self, error: NeuralStyleError) -> None:
        """Drop a server that is gone; a draft that is still wanted may start another one."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._wanted is None:
            self._tell(Failed(error))


def _close_late(connecting: Future[Client]) -> None:
    if connecting.exception() is None:
        connecting.result().close()
