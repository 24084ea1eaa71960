"""How servers and workers begin and end, and what is left when they do."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nst_server.broker.server import serve
from nst_server.client.session import Client, stop_server
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection
from nst_server.wire.events import Failed, Finished, Painting
from tests.support.scripted_worker import Manner
from tests.support.servers import (
    Peer,
    Server,
    alive,
    environment,
    eventually,
    finish,
    make_order,
    serve_command,
    wait_for,
)

StartServer = Callable[..., Server]


def ended(server: Server, seconds: float = 10.0) -> int:
    return server.process.wait(seconds)


def with_idle_worker(server: Server) -> int:
    """Run one job; the pid of the worker that is idle then."""
    with Client.connect(server.home) as client:
        client.submit(make_order())
        assert isinstance(finish(client)[-1], Finished)
    return int(eventually(lambda: server.worker()["state"] == "idle" and server.worker()["pid"]))


def test_only_the_user_can_read_what_a_server_writes(start_server: StartServer) -> None:
    home = start_server().home
    for folder in (home.run, home.place):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    for path in home.place.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_keys_are_not_in_the_log(start_server: StartServer) -> None:
    server = start_server()
    connection = Connection.read(server.home.connection_file)
    with_idle_worker(server)
    assert connection.client_secret not in server.log
    assert connection.server_public not in server.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(start_server: StartServer, number: int) -> None:
    server = start_server()
    worker = with_idle_worker(server)
    client = server.connect()
    client.submit(make_order(Manner.SLOW))
    server.process.send_signal(number)
    events = finish(client)
    assert isinstance(events[-1], Failed)
    assert events[-1].error.code == "server-gone"
    assert ended(server) == 0
    assert not alive(worker)
    assert f"worker {worker} ended when its standard input was closed" in server.log
    assert not server.home.connection_file.exists()
    with pytest.raises(NeuralStyleError, match="No server is running"):
        Client.connect(server.home)


def test_shutdown_is_answered_and_ends_it(start_server: StartServer) -> None:
    server = start_server()
    worker = with_idle_worker(server)
    stop_server(server.home)
    assert not alive(worker)
    assert not server.home.connection_file.exists()
    assert ended(server, 1) == 0
    with pytest.raises(NeuralStyleError) as caught:
        stop_server(server.home)
    assert caught.value.code == "server-gone"


def test_a_client_of_another_version_can_end_it(start_server: StartServer) -> None:
    server = start_server()
    with Peer(server.home, greet=False) as peer:
        peer.send("hello", protocol=999, version="9")
        assert peer.expect_error().code == "protocol-mismatch"
        peer.send("shutdown")
        peer.expect("bye")
    assert ended(server) == 0


@pytest.mark.parametrize("manner", [Manner.GOOD, Manner.SLOW])
def test_a_worker_does_not_outlive_a_killed_server(
    start_server: StartServer, manner: Manner
) -> None:
    server = start_server()
    worker = with_idle_worker(server)
    client = server.connect()
    if manner is Manner.SLOW:
        client.submit(make_order(manner))
        wait_for(client, Painting)
    server.process.kill()
    ended(server)
    eventually(lambda: not alive(worker), seconds=5)
    if manner is Manner.SLOW:
        last = finish(client)[-1]
        assert isinstance(last, Failed)
        error = last.error
        told = "The server ended before the painting was done."
        assert str(server.home.server_log) in error.hint
    else:
        with pytest.raises(NeuralStyleError) as caught:
            client.status()
        error = caught.value
        told = "The server cannot be reached: nothing answers at its address."
    assert error.code == "server-gone"
    assert error.sentence == told  # known at once and not by its silence


def test_after_a_kill_another_takes_over(start_server: StartServer) -> None:
    first = start_server()
    first.process.kill()
    ended(first)
    assert first.home.connection_file.exists()  # stale
    with pytest.raises(NeuralStyleError) as caught:
        Client.connect(first.home)
    assert caught.value.code == "server-gone"
    assert "nothing answers" in caught.value.sentence
    second = start_server()
    assert second.status()["pid"] == second.process.pid


def test_a_second_server_of_a_home_leaves_it_to_the_first(start_server: StartServer) -> None:
    server = start_server()
    second = subprocess.run(
        serve_command(),
        env=environment(server.home),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert second.returncode == 0
    assert "already running" in second.stdout
    assert server.status()["pid"] == server.process.pid


def test_an_idle_worker_is_ended_and_its_memory_with_it(start_server: StartServer) -> None:
    server = start_server(worker_idle=0.5)
    worker = with_idle_worker(server)
    eventually(lambda: server.worker()["state"] == "none")
    assert not alive(worker)
    assert with_idle_worker(server) != worker


def test_an_idle_server_ends_but_not_under_a_client(start_server: StartServer) -> None:
    server = start_server(server_idle=0.5)
    client = server.connect()
    time.sleep(2.5)
    assert server.process.poll() is None
    client.close()
    assert ended(server) == 0
    assert not server.home.connection_file.exists()


def test_a_busy_server_does_not_end(start_server: StartServer) -> None:
    server = start_server(server_idle=0.5, worker_idle=0.5)
    client = server.connect()
    client.submit(make_order(Manner.SLOW))
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline:
        client.poll(0.1)
    assert client.busy
    client.cancel()
    assert isinstance(finish(client)[-1], Failed)


def test_a_stopped_client_keeps_its_job_but_a_silent_server_is_noticed(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_server.client.session.SILENCE_SECONDS", 2.0)
    server = start_server()
    client = server.connect()
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    time.sleep(3)  # silence of our own is none of the server's
    assert all(not isinstance(event, Failed) for event in client.poll())
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        last = finish(client)[-1]
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    assert isinstance(last, Failed)
    assert last.error.code == "server-gone"


def test_a_home_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NeuralStyleError, match="cannot write") as caught:
        serve(Home(tmp_path / "file"))
    assert caught.value.code == "unwritable"


def test_the_server_imports_no_engine(home: Home, start_server: StartServer) -> None:
    server = start_server()
    with_idle_worker(server)
    with open(f"/proc/{server.process.pid}/maps", encoding="utf-8") as maps:  # noqa: PTH123
        loaded = maps.read()
    assert "zmq" in loaded
    assert "numpy" not in loaded
    assert "tensorflow" not in loaded


def test_the_last_words_of_a_server_are_not_lost(start_server: StartServer) -> None:
    """The connection may be gone before the client reads what came over it."""
    server = start_server()
    client = server.connect()
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    server.process.terminate()
    ended(server)
    last = finish(client)[-1]
    assert isinstance(last, Failed)
    assert "was stopped" in last.error.sentence


def test_a_run_folder_that_is_a_link_is_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o755)
    home.root.mkdir(parents=True)
    home.run.symlink_to(tmp_path / "theirs")
    with pytest.raises(NeuralStyleError, match="is a link"):
        serve(home)
    assert stat.S_IMODE((tmp_path / "theirs").stat().st_mode) == 0o755
    assert list((tmp_path / "theirs").iterdir()) == []


def test_no_idle_time_ends_the_worker_after_its_job(start_server: StartServer) -> None:
    server = start_server(worker_idle=0.0)
    with Client.connect(server.home) as client:
        for _ in range(2):
            client.submit(make_order())
            assert isinstance(finish(client)[-1], Finished)
    eventually(lambda: server.worker()["state"] == "none")
