"""One job, from the first message to the server to the result; knows nothing of GIMP or GTK."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Protocol

from neural_style_gimp.i18n import _
from nst_server.client import routes
from nst_server.client.launcher import connect_or_start
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.events import Event, Failed, Finished
from nst_server.wire.order import Order

POLL_SECONDS = 0.03
"""Longest time in seconds that a window goes without attention."""

CANCEL_SECONDS = 3.0
"""Seconds for the server to confirm a cancel before we leave; it notices that by itself."""


class Wish(Enum):
    """The user's wish for a running job."""

    GO_ON = "go on"
    KEEP = "keep"
    CANCEL = "cancel"


class Watcher(Protocol):
    """Shows the events of a job, and tells the user's wish.

    `wish` is called every `POLL_SECONDS`, so a window attends to its user there.
    """

    def starting(self, seconds: float) -> None:
        """Show that the server has been starting for ``seconds``."""

    def show(self, event: Event) -> None:
        """Show an event of the job."""

    def wish(self) -> Wish:
        """Return the user's wish by now."""


def follow(home: Home, order: Order, watcher: Watcher) -> Finished:
    """Have the server of ``home`` paint ``order``; the server is started if there is none.

    Raises `NeuralStyleError`, with code ``cancelled`` if the user wished to cancel.
    """

    def waiting(seconds: float) -> None:
        watcher.starting(seconds)
        if watcher.wish() is Wish.CANCEL:
            raise cancelled()

    with connected(home, waiting) as client:
        client.submit(order)
        sent_wish = Wish.GO_ON
        give_up = float("inf")
        while True:
            for event in client.poll(POLL_SECONDS):
                match event:
                    case Finished():
                        if watcher.wish() is Wish.CANCEL:  # the result was already on its way
                            raise cancelled()
                        return event
                    case Failed(error=error):
                        raise error
                    case _:
                        watcher.show(event)
            wish = watcher.wish()
            if wish is not sent_wish:
                sent_wish = wish
                if wish is Wish.KEEP:
                    client.keep()
                elif wish is Wish.CANCEL:
                    client.cancel()
                    give_up = time.monotonic() + CANCEL_SECONDS
            if time.monotonic() > give_up:
                raise cancelled()


def cancelled() -> NeuralStyleError:
    """Return the error to raise when the user cancels."""
    return NeuralStyleError("cancelled", _("The painting was cancelled."))


def connected(home: Home, waiting: Callable[[float], None]) -> Client:
    """Return a session with the server of ``home``, which is started if there is none.

    ``waiting`` is called meanwhile with the seconds so far; an exception from it ends the waiting.
    Raises `NeuralStyleError`.
    """
    here = routes.remote_command(home) is None
    if here and not home.python.exists():  # no server can be started, but one may be running
        try:
            return Client.connect(home)
        except NeuralStyleError:
            raise NeuralStyleError(
                "server-failed",
                _("The painting server is not installed: there is no {path}.").format(
                    path=home.python
                ),
                _("Run `python3 install/install.py` again; `nst doctor` tells more."),
            ) from None
    return connect_or_start(home, waiting=waiting)
