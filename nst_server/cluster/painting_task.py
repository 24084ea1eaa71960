"""One picture as a task in a worker of Dask: an order in, progress meanwhile, the painting out."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from threading import Lock
from typing import Any

from distributed import Worker, get_worker

from nst_server.host import weight_files
from nst_server.host.home import Home
from nst_server.studio.backend import Events
from nst_server.studio.local_backend import LocalBackend
from nst_server.values.errors import NeuralStyleError, in_words
from nst_server.wire.events import Finished, Painting, Started
from nst_server.wire.order import Order

TOPIC = "neural-style"
"""Dask's topic of all progress; one for all clients, as the scheduler keeps each for ever."""

_PROGRESS_SECONDS = 0.5


def paint(order: Order) -> dict[str, Any]:
    """Paint, and return ``report`` and ``pixels``, or ``error``: an answer is not tried again.

    The order's pixels are bytes. Anything unforeseen is raised, and Dask logs it.
    """
    worker = get_worker()
    task = str(worker.get_current_task())
    engine = worker.extensions.setdefault(TOPIC, TaskEngine(worker.state.nthreads))
    told_at = 0.0
    try:
        with closing(engine.events(order, partial(_is_wanted, worker, task))) as events:
            for event in events:
                match event:
                    case Started():
                        started = asdict(replace(event, machine=platform.node()))
                        worker.log_event(TOPIC, {"task": task, "started": started})
                    case Painting(progress):
                        now = time.monotonic()
                        if now >= told_at + _PROGRESS_SECONDS or progress.done >= 1:
                            told_at = now
                            bare = replace(progress, preview_width=0, preview_height=0)
                            worker.log_event(TOPIC, {"task": task, "progress": bare.to_wire()})
                    case Finished(_, pixels, report):
                        return {"report": report.to_wire(), "pixels": pixels.read()}
    except Exception as error:
        failure = in_words(error)
        if failure.code == "internal":
            raise
        return {"error": failure.to_wire()}
    return {"error": NeuralStyleError("cancelled", "The job was cancelled.").to_wire()}


def lacking_weights(backbone: str) -> str:
    """Return why this machine cannot paint with ``backbone``; empty if it can."""
    try:
        weight_files.find(backbone, Home.default().weights)
    except NeuralStyleError as error:
        return error.sentence
    return ""


class TaskEngine:
    """The engine of a worker process, loaded for its first picture; paints one at a time."""

    def __init__(self, threads: int) -> None:
        """``threads`` are those of the worker, and TensorFlow gets as many.

        So workers of one machine share its processors as whoever started them meant it.
        """
        self._threads = str(threads)
        self._backend = LocalBackend(Home.default())
        self._one_at_a_time = Lock()

    def events(self, order: Order, wanted: Callable[[], bool]) -> Events:
        """Yield the events of an order; none follows when it is no longer ``wanted``."""
        with self._one_at_a_time:
            if not wanted():
                return
            for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
                os.environ.setdefault(name, self._threads)
            with closing(self._backend.run(order)) as events:
                for event in events:
                    if not wanted():
                        return
                    yield event


def _is_wanted(worker: Worker, task: str) -> bool:
    """Tell whether the client, whose process may have ended, still waits for this task."""
    known = worker.state.tasks.get(task)
    return known is not None and known.state != "cancelled"
