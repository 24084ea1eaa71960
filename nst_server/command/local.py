"""``nst stylize --local``: the same events as through the server, but from this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from nst_server.command.console import without_chatter
from nst_server.host import obstacles
from nst_server.host.home import Home
from nst_server.host.memory import available_memory
from nst_server.host.tensorflow_environment import worker_environment
from nst_server.values.errors import in_words
from nst_server.values.limits import check_size
from nst_server.wire.events import Event
from nst_server.wire.order import Order, spooled
from nst_server.wire.spool import Spool

WITHOUT_SERVER = "To paint without a server: nst stylize --local."
"""Advice for whoever gets no server."""


def paint_locally(order: Order, home: Home) -> Iterator[Event]:
    """Yield every event up to and including the result. Raises `NeuralStyleError`."""
    check_size(order.header(), available_memory())
    usable = not any(obstacles.found(home))  # else nothing is to be left in there
    try:
        with without_chatter():
            os.environ.update(worker_environment(os.environ))
            if not usable:
                os.environ["KERAS_HOME"] = os.devnull
            from nst_server.engine.painter import Painter
            from nst_server.worker.job_events import job_events

            painter = Painter(home.weights)
            _ = painter.device  # the access wakes the GPU's driver, which prints too
        order = spooled(order, partial(Spool.holding, folder=home.root if usable else None))
        yield from job_events(painter, order, keep=lambda: False)
    except Exception as error:
        failure = in_words(error)
        if failure.code == "internal":
            raise  # with its traceback, as no log has more details
        raise failure from error
