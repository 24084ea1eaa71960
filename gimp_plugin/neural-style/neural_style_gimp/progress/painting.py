"""One job from the first word to the server until its result; knows nothing of GIMP or GTK."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Protocol

from neural_style_gimp.i18n import _
from nst_server.client.launcher import connect_or_start
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.events import Event, Failed, Finished
from nst_server.wire.order import Order

POLL_SECONDS = 0.03
"""How long a window may go without attention."""

CANCEL_SECONDS = 3.0
"""How long the server has to confirm a cancel before we leave; it notices that by itself."""


class Wish(Enum):
    """What the user wants of a running job."""

    GO_ON = "go on"
    KEEP = "keep"
    CANCEL = "cancel"


class Watcher(Protocol):
    """Who looks on: shows what happens, and tells what the user wishes.

    `wish` is called every `POLL_SECONDS`, so a window attends to its user there.
    """

    def starting(self, seconds: float) -> None:
        """The server is being started, for so long already."""

    def show(self, event: Event) -> None:
        """Something happened."""

    def wish(self) -> Wish:
        """What the user wishes by now."""


def follow(home: Home, order: Order, watcher: Watcher) -> Finished:
    """Have the server of ``home`` paint ``order``; the server is started if there is none.

    Raises `NeuralStyleError`, with code ``cancelled`` if the user wished that.
    """

    def waiting(seconds: float) -> None:
        watcher.starting(seconds)
        if watcher.wish() is Wish.CANCEL:
            raise cancelled()

    with connected(home, waiting) as client:
        client.submit(order)
        told = Wish.GO_ON
        give_up = float("inf")
        while True:
            for event in client.poll(POLL_SECONDS):
                match event:
                    case Finished():
                        if watcher.wish() is Wish.CANCEL:  # it was on its way then
                            raise cancelled()
                        return event
                    case Failed(error=error):
                        raise error
                    case _:
                        watcher.show(event)
            wish = watcher.wish()
            if wish is not told:
                told = wish
                if wish is Wish.KEEP:
                    client.keep()
                elif wish is Wish.CANCEL:
                    client.cancel()
                    give_up = time.monotonic() + CANCEL_SECONDS
            if time.monotonic() > give_up:
                raise cancelled()


def cancelled() -> NeuralStyleError:
    """What is raised when the user cancels."""
    return NeuralStyleError("cancelled", _("The painting was cancelled."))


def connected(home: Home, waiting: Callable[[float], None]) -> Client:
    """A session with the server of ``home``, which is started if there is none.

    ``waiting`` hears meanwhile how many seconds it has taken; what it raises ends the waiting.
    Raises `NeuralStyleError`.
    """
    if not home.python.exists():  # then none can be started, but one may be running
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
