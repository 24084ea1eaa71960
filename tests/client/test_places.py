"""One home with several servers, or none that answers: who reaches none gets one at once."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from nst_server.client.launcher import connect_or_start
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection
from nst_server.wire.events import Failed, Finished, Painting
from tests.support.networks import elsewhere, has_networks
from tests.support.scripted_worker import Manner
from tests.support.servers import (
    Server,
    alive,
    environment,
    eventually,
    finish,
    make_order,
    serve_command,
    wait_for,
)

COMMAND = serve_command(server_idle=30)
AT_ONCE = 8.0
"""Seconds on a busy machine; what is waited for in vain takes ten at least."""

StartServer = Callable[..., Server]
network = pytest.mark.skipif(not has_networks(), reason="no network of our own can be made here")


@pytest.fixture
def foreign(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """The server of a home, in another network."""
    process = subprocess.Popen(elsewhere(COMMAND), env=environment(home))
    eventually(lambda: list(home.run.glob("*/connection.json")))
    yield process
    process.kill()
    process.wait()


def stop(home: Home, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nst_server", "stop", *words],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=60,
    )


def soon(home: Home) -> Client:
    """A session with a server, which was reached at once and paints."""
    begun = time.monotonic()
    client = connect_or_start(home, command=COMMAND)
    assert time.monotonic() - begun < AT_ONCE
    client.submit(make_order())
    assert isinstance(finish(client)[-1], Finished)
    return client


@network
def test_beside_a_server_of_another_network(home: Home, foreign: subprocess.Popen[bytes]) -> None:
    with soon(home) as client:
        assert client.status()["pid"] != foreign.pid
        assert foreign.poll() is None
        assert len(home.lock_files()) == 2
        client.shutdown()


@network
def test_stop_ends_the_servers_of_all_networks(
    home: Home, foreign: subprocess.Popen[bytes]
) -> None:
    with connect_or_start(home, command=COMMAND) as client:
        pid = client.status()["pid"]
    answer = stop(home)
    assert (answer.returncode, answer.stdout) == (0, "The server has stopped.\n"), answer.stderr
    assert foreign.wait(5) == 0
    assert not alive(pid)
    assert stop(home).stdout == "No server is running.\n"


def damaged(home: Home) -> None:
    home.connection_file.write_text("")


def of_another_server(home: Home) -> None:
    known = Connection.read(home.connection_file)
    replace(known, client_public="0" * 40, client_secret="0" * 40).write(home.connection_file)


def removed(home: Home) -> None:
    home.connection_file.unlink()


@pytest.mark.parametrize("harm", [damaged, of_another_server, removed])
def test_a_server_mends_its_file(
    start_server: StartServer, home: Home, harm: Callable[[Home], None]
) -> None:
    server = start_server()
    harm(home)
    with soon(home) as client:
        assert client.status()["pid"] == server.process.pid


def test_a_silent_program_at_the_address_in_the_file(start_server: StartServer, home: Home) -> None:
    server = start_server()
    with socket.create_server(("127.0.0.1", 0)) as other:
        endpoint = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        replace(Connection.read(home.connection_file), endpoint=endpoint).write(
            home.connection_file
        )
        with soon(home) as client:
            assert client.status()["pid"] == server.process.pid


def test_a_server_without_a_folder_ends_at_once(start_server: StartServer, home: Home) -> None:
    server = start_server()
    client = server.connect()
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    shutil.rmtree(home.run)
    assert server.process.wait(5) == 0
    last = finish(client)[-1]
    assert isinstance(last, Failed)
    assert last.error.code == "server-gone"


def test_it_leaves_its_successor_the_file(start_server: StartServer, home: Home) -> None:
    first = start_server()
    os.kill(first.process.pid, signal.SIGSTOP)  # so that it notices nothing until the end
    shutil.rmtree(home.run)
    second = start_server()
    written = home.connection_file.read_bytes()
    os.kill(first.process.pid, signal.SIGCONT)
    assert first.process.wait(5) == 0
    assert home.connection_file.read_bytes() == written
    assert second.status()["pid"] == second.process.pid


def test_the_folders_of_ended_servers_are_removed_but_not_what_else_is_there(
    start_server: StartServer, home: Home
) -> None:
    machine, boot, _ = home.place.name.split("-")
    ended = home.run / f"{machine}-0000000b-0000000c"
    living = home.run / f"0000000a-{boot}-0000000c"
    kept = home.run / f"{machine}-0000000b-0000000d"
    far = home.run / "0000000a-0000000b-0000000c"
    for folder in (ended, living, kept, far):
        (folder / "exchange").mkdir(parents=True)
        for name in ("server.lock", "connection.json", "exchange/" + "0a" * 16):
            (folder / name).touch()
    (kept / "diary.txt").touch()
    holds = (
        "import fcntl, sys; fcntl.flock(f := open(sys.argv[1]), 2); print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holds, living / "server.lock"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None and other.stdout.readline()
        start_server()
        assert not ended.exists()
        assert (living / "connection.json").exists()
        assert [path.name for path in kept.iterdir()] == ["diary.txt"]
        assert (far / "connection.json").exists()
        assert other.stdin is not None
        other.stdin.close()


@pytest.fixture
def frozen(start_server: StartServer) -> Iterator[Server]:
    server = start_server()
    os.kill(server.process.pid, signal.SIGSTOP)
    yield server
    with contextlib.suppress(ProcessLookupError):
        os.kill(server.process.pid, signal.SIGCONT)


def test_a_server_that_does_not_answer_is_told(
    frozen: Server, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_server.client.launcher._ENDING_SECONDS", 1.5)
    with pytest.raises(NeuralStyleError) as caught:
        connect_or_start(home, command=COMMAND)
    assert caught.value.code == "server-failed"
    assert "runs, but has not answered" in caught.value.sentence
    assert "nst stop" in caught.value.hint


def test_stop_ends_a_server_that_does_not_answer(frozen: Server, home: Home) -> None:
    assert stop(home).stdout == "The server has stopped.\n"
    assert frozen.process.wait(5) == 0


def test_stop_names_a_process_that_it_cannot_end(home: Home) -> None:
    """As in a container whose processes have other numbers outside."""
    holds = (
        "import fcntl, os, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2);"
        "f.write('1'); f.flush(); print(1, flush=True); input()"
    )
    home.place.mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-c", holds, home.lock_file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None and other.stdout.readline()
        answer = stop(home)
        assert answer.returncode == 3
        assert "process 1," in answer.stderr
        assert other.stdin is not None
        other.stdin.close()


@pytest.fixture
def old(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """A server that knows no places, of version 0.1: its files lie in the folder above."""
    python, flag, script, *rest = COMMAND
    knows_none = "from nst_server.host.home import Home; Home.place = Home.run\n" + script
    process = subprocess.Popen([python, flag, knows_none, *rest], env=environment(home))
    eventually(home.old_connection_file.exists)
    yield process
    process.kill()
    process.wait()


def test_one_that_knows_no_places_is_ended_for_one_that_does(
    home: Home, old: subprocess.Popen[bytes]
) -> None:
    with connect_or_start(home, command=COMMAND) as client:
        assert client.status()["pid"] != old.pid
        client.shutdown()
    assert old.wait(10) == 0


def test_stop_ends_one_that_knows_no_places(home: Home, old: subprocess.Popen[bytes]) -> None:
    assert stop(home).stdout == "The server has stopped.\n"
    assert old.wait(10) == 0


def test_the_old_file_of_a_server_that_is_gone_is_no_obstacle(home: Home) -> None:
    key = "0" * 40
    Connection("tcp://127.0.0.1:9", 2, "0.1.0", 1, 0.0, key, key, key).write(
        home.old_connection_file
    )
    with soon(home) as client:
        client.shutdown()
    assert not home.old_connection_file.exists()
