"""A cluster as its client has it: orders in, events of all pictures out as they come."""

from __future__ import annotations

import asyncio
import queue
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from nst_server.cluster.cluster_checks import (
    CONNECT_SECONDS,
    check_versions,
    check_weights,
    connected,
    no_scheduler,
)
from nst_server.studio.backend import Backend, Events, NumberedEvents
from nst_server.values.errors import NeuralStyleError
from nst_server.values.progress import Progress, Report
from nst_server.wire.events import Failed, Finished, Painting, Queued, Started
from nst_server.wire.order import Order, Raster
from nst_server.wire.spool import Spool

if TYPE_CHECKING:
    from distributed import Future, KilledWorker

WORKERLESS_SECONDS = 15.0
"""Seconds that a cluster may be without any worker: a nanny starts another one in a few."""

_LOOK_SECONDS = 1.0
_AHEAD = 2
"""Pictures at the cluster for each worker: the next one is there when one is finished."""


class DaskCluster(Backend):
    """The workers of a Dask scheduler; a context manager, for one thread.

    Each order is one task, so one machine paints the whole picture. Dask gives the tasks of a
    worker that dies to the others.
    """

    def __init__(self, address: str) -> None:
        """Connect to the scheduler at an address like ``tcp://host:8786``.

        Raises `NeuralStyleError` as `cluster_checks.connected`.
        """
        self._address = address
        self._dask = connected(address)
        from nst_server.cluster.painting_task import TOPIC

        self._messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._dask.subscribe_topic(TOPIC, lambda event: self._messages.put(event[1]))
        self._workers = set[str]()
        """Workers that are there, all checked."""
        self._backbones = set[str]()
        self._look_at = 0.0
        self._peopled_at = time.monotonic()

    def __enter__(self) -> DaskCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the cluster, which gives up what is still painted for this client."""
        with suppress(OSError, asyncio.TimeoutError):
            self._dask.close(timeout=CONNECT_SECONDS)

    def run(self, order: Order) -> Events:
        """Yield the events of one order. Raises as `paint`."""
        for _, event in self.paint([order]):
            yield event

    def paint(self, orders: Iterable[Order]) -> NumberedEvents:
        """Yield the events of many orders, of which a few are under way for each worker.

        Orders are taken when there is room for them, and end in any order. Raises
        `NeuralStyleError` if the cluster cannot paint, or no longer.
        """
        tasks: dict[str, _Task] = {}
        waiting = enumerate(orders)
        self._peopled_at = time.monotonic()
        try:
            while True:
                self._look()
                room = _AHEAD * len(self._workers) - len(tasks)
                for number, order in islice(waiting, max(0, room)):
                    task = self._submit(number, order)
                    tasks[task.name] = task
                    yield number, Queued(0)
                if self._workers and not tasks:
                    return
                yield from self._arrived(tasks)
        finally:
            for task in tasks.values():
                task.future.release()

    def _look(self) -> None:
        """See who is there, now and then. Raises `NeuralStyleError` if that is nobody."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_SECONDS
        with self._reachable():
            workers = set(self._dask.nthreads())
            if new := workers - self._workers:
                check_versions(self._dask, new)
                for backbone in self._backbones:
                    check_weights(self._dask, new, backbone)
        self._workers = workers
        if workers:
            self._peopled_at = now
        elif now > self._peopled_at + WORKERLESS_SECONDS:
            raise NeuralStyleError(
                "server-gone",
                "The Dask scheduler at {address} has no workers.",
                "Start one with: dask worker {address}.",
                address=self._address,
            )

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        """Raise `NeuralStyleError` ``server-gone`` if the scheduler can no longer be asked."""
        try:
            yield
        except (OSError, RuntimeError):  # the latter from Dask's client, if it has given up
            raise no_scheduler(self._address) from None

    def _submit(self, number: int, order: Order) -> _Task:
        from nst_server.cluster.painting_task import paint

        backbone = order.settings.backbone
        name = f"neural-style-{secrets.token_hex(8)}"
        with self._reachable():
            if backbone not in self._backbones:
                check_weights(self._dask, self._workers, backbone)
                self._backbones.add(backbone)
            future = self._dask.submit(paint, order.map(_in_memory), key=name, pure=False)
        future.add_done_callback(lambda _: self._messages.put({"task": name, "done": True}))
        return _Task(name, number, order, future)

    def _arrived(self, tasks: dict[str, _Task]) -> NumberedEvents:
        """Yield what has arrived about ``tasks``; those that are done are taken out."""
        try:
            message = self._messages.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            return
        task = tasks.get(message["task"])
        if task is None:  # another client's, or late
            return
        if "started" in message:
            yield task.number, Started(**message["started"])
        elif "progress" in message:
            yield task.number, Painting(Progress.from_wire(message["progress"]))
        else:
            event = self._end(task)
            del tasks[task.name]
            task.future.release()
            yield task.number, event

    def _end(self, task: _Task) -> Finished | Failed:
        """Return the last event of a task that is done."""
        import distributed

        try:
            answer = task.future.result()
        except distributed.KilledWorker as error:
            return Failed(_killed(error))
        except Exception as error:
            if task.future.cancelled():
                raise no_scheduler(self._address) from None
            self._look_at = 0.0
            self._look()  # may say what is wrong with a worker that came just now
            return Failed(_unforeseen(error))
        if "error" in answer:
            return Failed(NeuralStyleError.from_wire(answer["error"]))
        content = task.order.content.shape
        pixels = Spool.holding(answer["pixels"])
        return Finished(content, pixels, Report.from_wire(answer["report"]))


@dataclass(frozen=True)
class _Task:
    """An order at the cluster."""

    name: str
    number: int
    order: Order
    future: Future[dict[str, Any]]


def _in_memory(raster: Raster) -> Raster:
    pixels = raster.pixels
    data = pixels.read() if isinstance(pixels, Spool) else memoryview(pixels).tobytes()
    return Raster.of(raster, data)


def _killed(error: KilledWorker) -> NeuralStyleError:
    return NeuralStyleError(
        "worker-died",
        "The workers of the cluster that painted this died one after the other, {worker} last.",
        "Maybe it takes more memory than they have: choose a smaller size.",
        worker=error.last_worker.address,
    )


def _unforeseen(error: Exception) -> NeuralStyleError:
    return NeuralStyleError(
        "internal",
        "Something went wrong while painting: {reason}.",
        "The log of the cluster's worker says more.",
        reason=type(error).__name__,
    )
