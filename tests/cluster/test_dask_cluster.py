"""Pictures painted by a real Dask scheduler with real workers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_server import __version__
from nst_server.cluster import cluster_checks, dask_cluster
from nst_server.cluster.dask_cluster import DaskCluster
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, JobStyle
from nst_server.values.settings import Settings
from nst_server.wire.events import Event, Failed, Finished, Painting, Queued, Started
from nst_server.wire.order import Order, Raster
from tests.support.clusters import ONE_THREAD, Scheduler, painted_alone
from tests.support.landscapes import landscape

pytestmark = pytest.mark.engine

PICTURES = 12
SIDE = 64


def raster(seed: int) -> Raster:
    samples = np.rint(255 * landscape(SIDE, SIDE, seed)).astype(np.uint8)
    return Raster(SIDE, SIDE, 3, "uint8", samples.tobytes())


def order(seed: int, **options: Any) -> Order:
    options = {"size": SIDE, "iterations": 1, "precision": "float32", "backbone": "vgg16"} | options
    return Job(Settings.of_preset("draft", **options), raster(seed), (JobStyle(raster(100)),))


def painted(events: Iterator[Event]) -> Finished:
    *_, last = events
    assert isinstance(last, Finished), last
    return last


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduler]:
    """A scheduler, to which each test brings its workers."""
    scheduler = Scheduler(tmp_path_factory.mktemp("dask"))
    yield scheduler
    scheduler.close()


@contextmanager
def worker(scheduler: Scheduler, **environment: str) -> Iterator[DaskCluster]:
    """A cluster of one worker."""
    process = scheduler.add_worker(**environment)
    try:
        with DaskCluster(scheduler.address) as cluster:
            yield cluster
    finally:
        process.kill()
        process.wait()


def refusal(cluster: DaskCluster, **options: Any) -> NeuralStyleError:
    """The error of a cluster that cannot paint."""
    with pytest.raises(NeuralStyleError) as caught:
        list(cluster.run(order(0, **options)))
    return caught.value


def test_one_of_two_workers_is_killed_and_every_picture_is_painted_as_if_alone(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, other = scheduler.add_worker(), scheduler.add_worker()
    begun: list[int] = []
    results: dict[int, bytes] = {}
    kinds = set()
    with DaskCluster(scheduler.address) as cluster:
        for number, event in cluster.paint(order(seed) for seed in range(PICTURES)):
            kinds.add(type(event))
            if isinstance(event, Started):
                assert number not in results, "painted twice"
                begun.append(number)
            if isinstance(event, Finished):
                assert number not in results
                results[number] = event.pixels.read()
                assert event.report.worked_width == SIDE
                if len(results) == PICTURES // 3:
                    assert killed.poll() is None
                    killed.kill()
    assert kinds == {Queued, Started, Painting, Finished}
    assert set(begun) == set(range(PICTURES))
    assert killed.wait() != 0
    assert other.poll() is None
    other.kill()
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as another_process:
        orders = [order(seed) for seed in range(PICTURES)]
        expected = another_process.submit(painted_alone, orders).result()
    assert [results[seed] for seed in range(PICTURES)] == expected


def test_what_is_given_up_is_painted_no_further(scheduler: Scheduler) -> None:
    with worker(scheduler) as cluster:
        events = cluster.run(order(0, iterations=10000, size=1024))
        next(event for event in events if isinstance(event, Painting))
        events.close()
        painted(cluster.run(order(1)))
        # So is what a client leaves that is gone altogether.
        events = cluster.run(order(0, iterations=10000, size=1024))
        next(event for event in events if isinstance(event, Painting))
        cluster.close()
        with DaskCluster(scheduler.address) as another:
            painted(another.run(order(1)))


def test_an_order_that_cannot_be_painted_is_answered_and_the_next_one_is_painted(
    scheduler: Scheduler,
) -> None:
    with worker(scheduler) as cluster:
        nothing = Raster(SIDE, SIDE, 1, "uint8", bytes(SIDE * SIDE))
        last = dict(cluster.paint([replace(order(0), mask=nothing), order(1)]))
    assert isinstance(last[0], Failed)
    assert last[0].error.code == "bad-image"
    assert isinstance(last[1], Finished)


def test_worker_without_the_package(scheduler: Scheduler, tmp_path: Path) -> None:
    with worker(scheduler, PYTHONPATH=str(tmp_path)) as cluster:
        error = refusal(cluster)
    assert error.code == "server-failed"
    assert "The worker tcp://127.0.0.1:" in error.sentence


def test_worker_of_another_version(scheduler: Scheduler, tmp_path: Path) -> None:
    (tmp_path / "nst_server").mkdir()
    (tmp_path / "nst_server" / "__init__.py").write_text('__version__ = "0.0.1"\n')
    with worker(scheduler, PYTHONPATH=str(tmp_path)) as cluster:
        error = refusal(cluster)
    assert error.code == "protocol-mismatch"
    assert "0.0.1" in error.sentence
    assert __version__ in error.sentence


def test_worker_without_weights(scheduler: Scheduler, tmp_path: Path) -> None:
    with worker(scheduler, NST_HOME=str(tmp_path)) as cluster:
        error = refusal(cluster, backbone="vgg19")
    assert error.code == "weights-missing"
    assert "The worker tcp://127.0.0.1:" in error.sentence


def test_scheduler_without_workers(scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "WORKERLESS_SECONDS", 0.1)
    with DaskCluster(scheduler.address) as cluster:
        error = refusal(cluster)
    assert error.code == "server-gone"
    assert f"dask worker {scheduler.address}" in error.hint


def test_scheduler_that_ends(tmp_path: Path) -> None:
    scheduler = Scheduler(tmp_path)
    try:
        with worker(scheduler) as cluster:
            events = cluster.run(order(0))
            next(events)
            scheduler.process.kill()
            with pytest.raises(NeuralStyleError) as caught:
                list(events)
    finally:
        scheduler.close()
    assert caught.value.code == "server-gone"


def test_a_picture_whose_workers_die_is_given_up(tmp_path: Path) -> None:
    scheduler = Scheduler(tmp_path, {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"})
    try:
        with worker(scheduler) as cluster:
            for event in cluster.run(order(0, iterations=10000, size=1024)):
                if isinstance(event, Started):
                    scheduler.workers[0].kill()
    finally:
        scheduler.close()
    assert isinstance(event, Failed)
    assert event.error.code == "worker-died"
    assert "tcp://127.0.0.1:" in event.error.sentence


def test_scheduler_without_the_package(tmp_path: Path) -> None:
    scheduler = Scheduler(tmp_path, {"PYTHONPATH": str(tmp_path)})
    try:
        with pytest.raises(NeuralStyleError) as caught:
            DaskCluster(scheduler.address)
    finally:
        scheduler.close()
    assert caught.value.code == "server-failed"
    assert scheduler.address in caught.value.sentence


def test_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_checks, "CONNECT_SECONDS", 0.5)
    with pytest.raises(NeuralStyleError) as caught:
        DaskCluster("tcp://127.0.0.1:1")
    assert caught.value.code == "server-gone"


@pytest.mark.parametrize("address", ["nonsense://x:1", "", "tcp://", "tcp://127.0.0.1:many"])
def test_no_address(address: str) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        DaskCluster(address)
    assert caught.value.code == "bad-usage"


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(NeuralStyleError) as caught:
        DaskCluster("tcp://127.0.0.1:8786")
    assert "neural-style[cluster]" in caught.value.hint
