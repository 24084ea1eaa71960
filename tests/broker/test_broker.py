"""Jobs through a real broker to a worker process with scripted manners, and back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from nst_server.client.session import Client
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.events import Event, Failed, Finished, Painting, Queued, Started
from nst_server.wire.protocol import CHUNK_BYTES
from nst_server.wire.spool import Spool
from tests.support.scripted_worker import Manner
from tests.support.servers import (
    SOURCES,
    Peer,
    Server,
    alive,
    environment,
    eventually,
    finish,
    make_order,
    wait_for,
)

StartServer = Callable[..., Server]


def run(client: Client, manner: int = Manner.GOOD, **shape: int) -> list[Event]:
    """All events of one job."""
    client.submit(make_order(manner, **shape))
    return finish(client)


def failure(events: list[Event]) -> NeuralStyleError:
    assert isinstance(events[-1], Failed)
    return events[-1].error


@pytest.fixture
def client(server: Server) -> Client:
    return server.connect()


def test_a_job_is_queued_started_painted_and_finished(server: Server, client: Client) -> None:
    events = run(client)
    kinds = [type(event) for event in events]
    assert kinds == [Queued, Started, Painting, Finished]
    queued, started, painting, finished = events
    assert queued == Queued(0)
    assert isinstance(started, Started)
    assert started.device == "test"
    assert isinstance(painting, Painting)
    assert painting.preview == bytes(range(12))
    assert painting.progress.terms == {"style": 1.0}
    assert isinstance(finished, Finished)
    assert not finished.report.kept_early
    assert not client.busy
    assert server.worker()["device"] == "test"
    assert server.status()["jobs"] == []


@pytest.mark.parametrize("shares", [True, False], ids=["in a file", "in messages"])
@pytest.mark.parametrize("side", [1, 40, 1024, 2300])
def test_pixels_go_there_and_back_unchanged(
    server: Server, monkeypatch: pytest.MonkeyPatch, side: int, shares: bool
) -> None:
    """From one byte to more chunks than there is credit for."""
    client = server.connect(shares=shares)
    payloads: list[int] = []
    for name in ("_send", "_handle"):  # there and back

        def noting(call: Callable[..., None], *args: Any) -> None:
            message = args[-1]
            if message.kind == "chunk" and message.payload is not None:
                payloads.append(message.length)
            call(*args)

        monkeypatch.setattr(client, name, partial(noting, getattr(client, name)))
    order = make_order(side=side)
    client.submit(order)
    finished = finish(client)[-1]
    assert isinstance(finished, Finished)
    assert sum(payloads) == (0 if shares else order.size_in_bytes + order.content.size_in_bytes)
    assert list(server.home.exchange.iterdir()) == []
    content = order.content.pixels
    assert finished.picture == order.content.shape
    assert finished.pixels.read() == bytes(255 - byte for byte in content[:4096]) + content[4096:]
    assert side < 2300 or len(content) > 4 * CHUNK_BYTES


def test_a_client_that_does_not_see_the_folder_sends_its_pixels(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_exchange", server.home.root / "elsewhere" / "exchange")
    finished = run(client, side=40)[-1]
    assert isinstance(finished, Finished)
    assert list(server.home.exchange.iterdir()) == []


def test_files_of_clients_that_vanish_do_not_stay(server: Server, client: Client) -> None:
    folder = server.home.exchange
    order = make_order()
    with Peer(server.home) as peer:
        peer.send("submit", job="a", request=order.to_wire())
        offered = peer.expect("credit").fields["file"]
        assert [path.name for path in folder.iterdir()] == [offered]
    eventually(lambda: server.status()["jobs"] == [])
    assert isinstance(run(client)[-1], Finished)
    assert list(folder.iterdir()) == []


def test_a_full_disk_at_the_client_fails_the_job_in_words(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NeuralStyleError("unwritable", "No space left.")

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "write", full)
        assert failure(run(client)).code == "unwritable"
    assert isinstance(run(client)[-1], Finished)


def test_a_client_has_one_job_at_a_time(client: Client) -> None:
    client.submit(make_order(Manner.SLOW))
    with pytest.raises(NeuralStyleError) as caught:
        client.submit(make_order())
    assert caught.value.code == "bad-usage"
    client.cancel()
    assert failure(finish(client)).code == "cancelled"
    assert isinstance(run(client)[-1], Finished)


def test_events_end_with_the_job(client: Client) -> None:
    client.submit(make_order())
    assert [type(event) for event in client.events()] == [Queued, Started, Painting, Finished]
    assert list(client.events()) == []


def test_keep_ends_the_painting_with_what_there_is(client: Client) -> None:
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    client.keep()
    finished = finish(client)[-1]
    assert isinstance(finished, Finished)
    assert finished.report.kept_early


def test_keep_is_not_forgotten_while_a_job_waits(server: Server, client: Client) -> None:
    client.submit(make_order(Manner.SLOW))
    other = server.connect()
    other.submit(make_order(Manner.SLOW))
    assert wait_for(other, Queued) == Queued(1)
    other.keep()
    client.cancel()
    finished = finish(other)[-1]
    assert isinstance(finished, Finished)
    assert finished.report.kept_early


def test_cancel_is_answered_at_once_and_the_worker_stays(server: Server, client: Client) -> None:
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    pid = server.worker()["pid"]
    client.cancel()
    assert failure(finish(client)).code == "cancelled"
    eventually(lambda: server.worker()["state"] == "idle")
    assert server.worker()["pid"] == pid
    assert client.poll(0.1) == []  # nothing more is heard of it
    client.cancel()  # and nothing happens without a job
    assert isinstance(run(client)[-1], Finished)


def test_positions_are_told_as_the_queue_moves(server: Server) -> None:
    clients = [server.connect() for _ in range(3)]
    for client in clients:
        client.submit(make_order(Manner.SLOW))
        wait_for(client, Queued)
    status = server.status()["jobs"]
    assert [job["position"] for job in status] == [0, 1, 2]
    assert [job["state"] for job in status][1:] == ["queued", "queued"]
    clients[1].cancel()
    assert wait_for(clients[2], Queued) == Queued(1)
    clients[0].cancel()
    assert wait_for(clients[2], Queued) == Queued(0)
    wait_for(clients[2], Painting)
    eventually(lambda: server.status()["jobs"][0]["progress"]["done"] == 0.5)
    assert server.status()["jobs"][0]["state"] == "painting"
    clients[2].cancel()
    eventually(lambda: server.status()["jobs"] == [])


def test_a_job_can_be_cancelled_by_its_id_from_elsewhere(server: Server, client: Client) -> None:
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    other = server.connect()
    identity = other.status()["jobs"][0]["id"]
    assert other.cancel_job(identity)
    assert not other.cancel_job(identity)
    assert failure(finish(client)).code == "cancelled"


def test_many_clients_wait_their_turn(server: Server) -> None:
    clients = [server.connect() for _ in range(40)]
    for position, client in enumerate(clients):
        client.submit(make_order(Manner.SLOW if position == 0 else Manner.GOOD))
        wait_for(client, Queued if position else Painting)
    clients[0].cancel()
    for client in clients[1:]:
        assert isinstance(finish(client)[-1], Finished)


def test_status_does_not_swallow_events(client: Client) -> None:
    client.submit(make_order())
    assert client.status()["protocol"]
    while client.busy:
        client.status()
    kinds = [type(event) for event in client.poll()]
    assert kinds == [Queued, Started, Painting, Finished]


@pytest.mark.parametrize("manner", [Manner.FAILS, Manner.QUIET])
def test_a_failure_of_the_worker_reaches_the_client(
    server: Server, client: Client, manner: Manner
) -> None:
    error = failure(run(client, manner))
    assert error.code == {Manner.FAILS: "out-of-memory", Manner.QUIET: "internal"}[manner]
    assert isinstance(run(client)[-1], Finished)


def test_after_a_worker_that_can_do_no_more_another_paints(server: Server, client: Client) -> None:
    assert isinstance(run(client)[-1], Finished)
    pid = server.worker()["pid"]
    waiting = server.connect()
    client.submit(make_order(Manner.FAILS_AND_ENDS))
    wait_for(client, Queued)
    waiting.submit(make_order())
    assert failure(finish(client)).sentence == "TensorFlow failed."
    assert isinstance(finish(waiting)[-1], Finished)
    assert server.worker()["pid"] != pid
    assert isinstance(run(client)[-1], Finished)


@pytest.mark.parametrize("manner", [Manner.DIES, Manner.BABBLES])
def test_a_worker_that_is_lost_fails_its_job_only(
    server: Server, client: Client, manner: Manner
) -> None:
    assert isinstance(run(client)[-1], Finished)
    pid = server.worker()["pid"]
    waiting = server.connect()
    client.submit(make_order(manner))
    wait_for(client, Queued)
    waiting.submit(make_order())
    error = failure(finish(client))
    assert error.code == "worker-died"
    assert ("memory" in error.hint) == (manner is Manner.DIES)
    assert isinstance(finish(waiting)[-1], Finished)
    assert server.worker()["pid"] != pid
    assert not alive(pid)


def test_a_worker_killed_from_outside_is_replaced(server: Server, client: Client) -> None:
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    os.kill(server.worker()["pid"], signal.SIGKILL)
    error = failure(finish(client))
    assert error.code == "worker-died"
    assert "SIGKILL" in error.sentence
    assert isinstance(run(client)[-1], Finished)


def test_an_idle_worker_that_dies_is_not_missed(server: Server, client: Client) -> None:
    assert isinstance(run(client)[-1], Finished)
    os.kill(server.worker()["pid"], signal.SIGKILL)
    eventually(lambda: server.worker()["state"] == "none")
    assert isinstance(run(client)[-1], Finished)


def test_a_worker_that_ignores_everything_is_killed_in_time(server: Server, client: Client) -> None:
    client.submit(make_order(Manner.DEAF))
    wait_for(client, Painting)
    pid = server.worker()["pid"]
    client.cancel()
    assert failure(finish(client)).code == "cancelled"
    cancelled = time.monotonic()
    assert isinstance(run(client)[-1], Finished)  # waits for the next worker
    assert 9 < time.monotonic() - cancelled < 25
    assert not alive(pid)
    assert f"worker {pid} had to be killed" in server.log


VANISHING = """
import sys
from nst_server.client.session import Client
from nst_server.host.home import Home
from tests.support.servers import make_order
client = Client.connect(Home.default())
client.submit(make_order(int(sys.argv[1])))
for event in client.events():
    print(type(event).__name__, flush=True)
"""


@pytest.mark.parametrize("heard", ["Queued", "Painting"])
def test_a_client_that_is_killed_frees_the_worker_within_5_seconds(
    server: Server, client: Client, heard: str
) -> None:
    if heard == "Queued":  # it waits behind another job
        client.submit(make_order(Manner.SLOW))
        wait_for(client, Painting)
    others = len(server.status()["jobs"])
    vanishing = subprocess.Popen(
        [sys.executable, "-c", VANISHING, str(int(Manner.SLOW))],
        env=environment(server.home),
        stdout=subprocess.PIPE,
        text=True,
        cwd=SOURCES,
    )
    assert vanishing.stdout is not None
    while vanishing.stdout.readline().strip() != heard:
        assert vanishing.poll() is None
    assert len(server.status()["jobs"]) == others + 1
    vanishing.kill()
    vanishing.wait()
    vanishing.stdout.close()
    killed = time.monotonic()

    def freed() -> bool:
        status = server.status()
        idle = status["worker"]["state"] == "idle"
        return len(status["jobs"]) == others and (idle or heard == "Queued")

    eventually(freed, seconds=5)
    assert time.monotonic() - killed < 5
    client.cancel()


def test_closing_a_client_cancels_its_job(server: Server, client: Client) -> None:
    with Client.connect(server.home) as leaving:
        leaving.submit(make_order(Manner.SLOW))
        wait_for(leaving, Painting)
    eventually(lambda: server.status()["jobs"] == [], seconds=5)


def test_a_worker_that_cannot_be_started_fails_the_job(start_server: StartServer) -> None:
    server = start_server(worker_command=["/nonexistent/python"])
    error = failure(run(server.connect()))
    assert error.code == "worker-died"
    assert "could not be started" in error.sentence
    assert str(server.home.server_log) in error.hint


def test_a_worker_that_ends_while_it_starts_fails_one_job(start_server: StartServer) -> None:
    server = start_server(worker_command=[sys.executable, "-c", "raise SystemExit('no luck')"])
    client = server.connect()
    for _ in range(2):
        error = failure(run(client))
        assert error.code == "worker-died"
        assert "exit code 1" in error.sentence
    eventually(lambda: "no luck" in server.log)
