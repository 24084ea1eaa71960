"""One worker for each GPU: jobs spread over them, and what ends one leaves the others alone."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nst_server.broker.orphan import worker_locks
from nst_server.client.session import Client
from nst_server.client.trial import where_painted
from nst_server.host.nvidia import VISIBLE
from nst_server.host.process_lock import holder
from nst_server.wire.events import Event, Failed, Finished, Queued, Started
from tests.support.graphics import TWO, UUIDS, list_gpus, only_where_lists_count
from tests.support.running import nst
from tests.support.scripted_worker import Manner
from tests.support.servers import (
    Server,
    alive,
    eventually,
    finish,
    make_order,
    serve_command,
    start,
    wait_for,
)

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere TensorFlow uses no GPU"),
    only_where_lists_count,
]

StartServer = Callable[..., Server]


@pytest.fixture(autouse=True)
def two_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    list_gpus(tmp_path / "bin", TWO, monkeypatch)


def painting(server: Server, manner: Manner = Manner.SLOW) -> tuple[Client, str]:
    """A client whose job is under way, and the GPU that it is painted on."""
    client = server.connect()
    client.submit(make_order(manner))
    started = wait_for(client, Started)
    assert isinstance(started, Started)
    return client, started.device


def kept(client: Client) -> Event:
    client.keep()
    return finish(client)[-1]


def states(server: Server) -> list[str]:
    return [worker["state"] for worker in server.status()["workers"]]


def test_two_clients_paint_at_the_same_time_and_a_third_waits_for_one(
    start_server: StartServer,
) -> None:
    server = start_server()
    first, on_first = painting(server)
    assert states(server) == ["busy", "none"]  # no worker that nobody needs
    second, on_second = painting(server)
    assert {on_first, on_second} == {"0", "1"}
    third, fourth = server.connect(), server.connect()
    for position, client in enumerate((third, fourth), start=1):
        client.submit(make_order())
        assert wait_for(client, Queued) == Queued(position)
    status = server.status()
    assert [job["position"] for job in status["jobs"]] == [0, 0, 1, 2]
    assert [worker["gpu"] for worker in status["workers"]] == ["GPU 0", "GPU 1"]
    assert status["worker"] == status["workers"][0]
    assert isinstance(kept(second), Finished)
    assert isinstance(finish(third)[-1], Finished)
    assert isinstance(finish(fourth)[-1], Finished)
    assert first.busy
    assert isinstance(kept(first), Finished)
    eventually(lambda: states(server) == ["idle", "idle"])
    told = nst(server.home.root, "status").stdout
    assert "Worker for GPU 0: idle, on 0." in told
    assert "Worker for GPU 1: idle, on 1." in told


def test_one_client_after_the_other_needs_one_worker(start_server: StartServer) -> None:
    server = start_server()
    for _ in range(3):
        client, device = painting(server)
        assert device == "0"
        client.cancel()
        assert isinstance(finish(client)[-1], Failed)
        client.submit(make_order())  # at once, before its worker has stopped
        assert isinstance(finish(client)[-1], Finished)
    assert states(server)[1] == "none"


def test_a_worker_that_is_killed_costs_only_its_own_job(start_server: StartServer) -> None:
    server = start_server()
    first, _ = painting(server)
    second, _ = painting(server)
    victim = server.status()["workers"][1]["pid"]
    os.kill(victim, signal.SIGKILL)
    last = finish(second)[-1]
    assert isinstance(last, Failed)
    assert last.error.code == "worker-died"
    assert isinstance(kept(first), Finished)
    second.submit(make_order())
    assert isinstance(finish(second)[-1], Finished)


def test_cancel_and_loss_of_a_client_free_the_right_worker(start_server: StartServer) -> None:
    server = start_server()
    first, _ = painting(server)
    second, _ = painting(server)
    pids = [worker["pid"] for worker in server.status()["workers"]]
    second.cancel()
    assert isinstance(finish(second)[-1], Failed)
    eventually(lambda: states(server) == ["busy", "idle"])
    third, device = painting(server)
    assert device == "1"
    first.close()
    eventually(lambda: states(server) == ["idle", "busy"])
    assert isinstance(kept(third), Finished)
    assert [worker["pid"] for worker in server.status()["workers"]] == pids


def test_idle_workers_end_and_with_the_server_all(start_server: StartServer) -> None:
    server = start_server(worker_idle=0.5)
    clients = [painting(server)[0] for _ in range(2)]
    assert isinstance(kept(clients[0]), Finished)
    eventually(lambda: states(server) == ["none", "busy"])
    painting(server)
    pids = [worker["pid"] for worker in server.status()["workers"]]
    server.process.terminate()
    assert server.process.wait(10) == 0
    assert not any(map(alive, pids))


def test_workers_of_a_killed_server_are_all_found_by_the_next(start_server: StartServer) -> None:
    server = start_server(worker_command=None)  # the real one, before it has its engine
    for _ in range(2):
        server.connect().submit(make_order())
    workers: list[int] = []
    try:
        locks = eventually(lambda: len(found := worker_locks(server.home.lock_file)) == 2 and found)
        workers = eventually(lambda: all(held := [holder(lock) for lock in locks]) and held)
        assert len(set(workers)) == 2
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        server.process.kill()
        server.process.wait()
        start(server.home, serve_command()).close()
        assert not any(map(alive, workers))
    finally:
        for worker in filter(alive, workers):
            os.kill(worker, signal.SIGKILL)


@pytest.mark.parametrize(
    ("visible", "devices"),
    [("1", ["1"]), (f"{UUIDS[1]},{UUIDS[0]}", UUIDS[::-1]), ("1,5,0", ["1"]), ("", [""])],
)
def test_the_variable_of_cuda_is_respected(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch, visible: str, devices: list[str]
) -> None:
    monkeypatch.setenv(VISIBLE, visible)
    server = start_server()
    assert len(server.status()["workers"]) == len(devices)
    assert [painting(server)[1] for _ in devices] == devices
    waiting = server.connect()
    waiting.submit(make_order())
    assert wait_for(waiting, Queued) == Queued(1)


def listing(*uuids: str) -> str:
    return "".join(f"GPU {n}: NVIDIA A (UUID: {uuid})\n" for n, uuid in enumerate(uuids))


def choose(folder: Path, monkeypatch: pytest.MonkeyPatch, *uuids: str) -> None:
    """GPUs that the scripted worker finds broken, or that end it, by their names."""
    list_gpus(folder / "other", listing(*uuids), monkeypatch)
    monkeypatch.setenv(VISIBLE, ",".join(uuids))


@pytest.mark.parametrize(
    ("lost", "says"), [("GPU-broken", "cannot use GPU-broken"), ("GPU-deadly", "exit code 7")]
)
def test_a_gpu_that_cannot_be_used_is_said_and_gets_no_jobs(
    start_server: StartServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lost: str,
    says: str,
) -> None:
    choose(tmp_path, monkeypatch, lost, "GPU-good")
    server = start_server()
    client, device = painting(server)
    assert device == "GPU-good"
    waiting = server.connect()
    waiting.submit(make_order())
    assert wait_for(waiting, Queued) == Queued(1)
    obstacles = [worker["obstacle"] for worker in server.status()["workers"]]
    assert says in obstacles[0]
    assert obstacles[1] == ""
    assert where_painted(waiting) == "GPU-good"
    assert f"- {obstacles[0]}" in nst(server.home.root, "status").stdout.splitlines()
    assert isinstance(kept(client), Finished)
    assert isinstance(finish(waiting)[-1], Finished)


def test_where_no_gpu_can_be_used_the_processor_paints_and_it_is_said(
    start_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(tmp_path, monkeypatch, "GPU-broken-1", "GPU-broken-2")
    server = start_server()
    painting(server)
    waiting = server.connect()
    waiting.submit(make_order())
    assert wait_for(waiting, Queued) == Queued(1)  # two would only be in each other's way
    workers = server.status()["workers"]
    assert [worker["state"] for worker in workers] == ["busy", "idle"]
    assert all("cannot use" in worker["obstacle"] for worker in workers)


def test_where_no_worker_starts_the_job_fails_with_the_reason(
    start_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(tmp_path, monkeypatch, "GPU-deadly-1", "GPU-deadly-2")
    server = start_server()
    client = server.connect()
    client.submit(make_order())
    last = finish(client)[-1]
    assert isinstance(last, Failed)
    assert last.error.code == "worker-died"
