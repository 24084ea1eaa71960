"""``nst stylize --local``: the same events as through the server, from this very process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from nst_server.command.console import without_chatter
from nst_server.host.home import Home
from nst_server.host.memory import available_memory
from nst_server.host.tensorflow_environment import worker_environment
from nst_server.values.errors import in_words
from nst_server.values.job import Job
from nst_server.values.limits import check_size
from nst_server.wire.events import Event
from nst_server.wire.spool import Spool


def paint(job: Job, pixels: Sequence[Any], home: Home) -> Iterator[Event]:
    """Every event until and with the result. Raises `NeuralStyleError`."""
    check_size(job, available_memory())
    with without_chatter():
        os.environ.update(worker_environment(os.environ))
        from nst_server.engine.painter import Painter
        from nst_server.worker import job_events

        painter = Painter(home.weights)
        _ = painter.device  # asking for it wakes the GPU's driver, which talks too
    try:
        spools = [Spool.holding(picture, home.root) for picture in pixels]
        yield from job_events.paint(painter, job, spools, keep=lambda: False)
    except Exception as error:
        failure = in_words(error)
        if failure.code == "internal":
            raise  # there is no log that could tell more
        raise failure from error
