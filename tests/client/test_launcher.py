"""Reaching a server that runs, or runs no more, or never ran."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nst_server import __version__ as ours
from nst_server.broker.file_lock import ServerLock
from nst_server.client.launcher import connect_or_start, server_environment
from nst_server.client.session import Client, stop_server
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection
from nst_server.wire.protocol import PROTOCOL
from tests.support.scripted_worker import Manner
from tests.support.servers import (
    SOURCES,
    Peer,
    alive,
    environment,
    eventually,
    make_order,
    serve_command,
    start,
)

COMMAND = serve_command(server_idle=30)


@pytest.fixture
def home(home: Home) -> Iterator[Home]:
    """A home whose server, if a test leaves one, is ended."""
    yield home
    try:
        pid = Connection.read(home.connection_file).pid
        stop_server(home)
    except NeuralStyleError:
        return
    eventually(lambda: not alive(pid))


def test_it_is_started_once_and_then_reached(home: Home) -> None:
    waited: list[float] = []
    with connect_or_start(home, command=COMMAND, waiting=waited.append) as first:
        assert waited
        assert waited == sorted(waited)
        waited.clear()
        with connect_or_start(home, command=["/nonexistent"], waiting=waited.append) as second:
            assert second.status()["pid"] == first.status()["pid"]
        assert not waited


def test_two_at_once_reach_the_same_server(home: Home) -> None:
    pids: list[int] = []

    def reach() -> None:
        with connect_or_start(home, command=COMMAND) as client:
            pids.append(client.status()["pid"])

    threads = [threading.Thread(target=reach) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert len(pids) == 3
    assert len(set(pids)) == 1


def test_a_server_that_is_just_ending_is_replaced(home: Home) -> None:
    """A new one gives way to the old one's lock, and is started again when that is gone."""
    reached: list[Client] = []
    with ServerLock(home.lock_file):
        thread = threading.Thread(
            target=lambda: reached.append(connect_or_start(home, command=COMMAND))
        )
        thread.start()
        eventually(lambda: "already running" in log(home))
        assert not reached
    thread.join(30)
    with reached[0] as client:
        assert client.status()["pid"]


def log(home: Home) -> str:
    return home.server_log.read_text(encoding="utf-8") if home.server_log.exists() else ""


OLD = """
import nst_server, nst_server.wire.protocol
nst_server.__version__, nst_server.wire.protocol.PROTOCOL = {version!r}, {protocol!r}
"""


def of_version(command: list[str], version: str, protocol: int) -> list[str]:
    """The same server, as another version would have been."""
    python, flag, script, *rest = command
    return [python, flag, OLD.format(version=version, protocol=protocol) + script, *rest]


@pytest.mark.parametrize(
    ("version", "protocol"), [("0.0.9", PROTOCOL), ("0.0.9", PROTOCOL - 1), (ours, PROTOCOL - 1)]
)
def test_an_older_server_that_is_idle_is_replaced(home: Home, version: str, protocol: int) -> None:
    old = start(home, of_version(COMMAND, version, protocol))
    waited: list[float] = []
    with connect_or_start(home, command=COMMAND, waiting=waited.append) as client:
        assert Connection.read(home.connection_file).version == ours
        assert client.status()["protocol"] == PROTOCOL
    assert old.process.wait(10) == 0
    assert waited


@pytest.mark.parametrize("protocol", [PROTOCOL, PROTOCOL - 1])
def test_an_older_server_at_work_is_left_alone_and_told(home: Home, protocol: int) -> None:
    old = start(home, of_version(COMMAND, "0.0.9", protocol))
    try:
        with Peer(home, protocol=protocol) as peer:
            peer.send("submit", job="a", request=make_order(Manner.SLOW).to_wire())
            peer.expect("credit")
            with pytest.raises(NeuralStyleError) as caught:
                connect_or_start(home, command=COMMAND)
            assert caught.value.code == "busy"
            assert "older version 0.0.9 is still painting" in caught.value.sentence
        assert old.process.poll() is None
    finally:
        old.close()


def test_a_newer_server_of_the_same_protocol_is_used(home: Home) -> None:
    new = start(home, of_version(COMMAND, "99.0", PROTOCOL))
    try:
        with connect_or_start(home, command=["/nonexistent"]):
            assert Connection.read(home.connection_file).version == "99.0"
    finally:
        new.close()


def test_a_newer_server_of_another_protocol_is_left_alone_and_told(home: Home) -> None:
    new = start(home, of_version(COMMAND, "99.0", PROTOCOL + 1))
    try:
        with pytest.raises(NeuralStyleError) as caught:
            connect_or_start(home, command=["/nonexistent"])
        assert caught.value.code == "protocol-mismatch"
        assert "99.0" in caught.value.sentence
        assert new.process.poll() is None
    finally:
        new.close()


def test_a_replacement_that_is_no_newer_is_used(home: Home) -> None:
    command = of_version(COMMAND, "0.0.9", PROTOCOL)
    old = start(home, command)
    with connect_or_start(home, command=command):
        assert Connection.read(home.connection_file).version == "0.0.9"
        assert Connection.read(home.connection_file).pid != old.process.pid


STARTER = """
import os, sys
from nst_server.client.launcher import connect_or_start
from nst_server.host.home import Home
with connect_or_start(Home.default(), command=sys.argv[1:]) as client:
    print(client.status()["pid"])
"""


def test_it_outlives_who_started_it_and_its_terminal(home: Home) -> None:
    starter = subprocess.run(
        [sys.executable, "-c", STARTER, *COMMAND],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=40,
        check=True,
    )
    pid = int(starter.stdout)
    assert alive(pid)
    assert os.getsid(pid) == pid
    with Client.connect(home) as client:
        assert client.status()["pid"] == pid


def test_an_update_to_another_python_is_told_as_such(home: Home) -> None:
    without_packages = [sys.executable, "-I", "-S", "-m", "nst_server", "serve"]
    with pytest.raises(NeuralStyleError, match="another version of Python") as failure:
        connect_or_start(home, command=without_packages)
    assert failure.value.hint == "Run install/install.py again."


def test_the_environment_of_another_program_does_not_reach_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    monkeypatch.setenv("PYTHONPATH", "/nonexistent")
    # A C library of another kind, as an AppImage's: with it no Python of this machine starts.
    (tmp_path / "libc.so.6").write_bytes(b"another system's")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.setenv("LD_PRELOAD", str(tmp_path / "libc.so.6"))
    with connect_or_start(home, command=COMMAND) as client:
        assert client.status()["protocol"]
    home.python.parent.mkdir(parents=True)
    home.python.touch()
    cleaned = server_environment(home, {"PYTHONHOME": "x", "PythonPath": "y", "PATH": "z"})
    assert cleaned == {"NST_HOME": str(home.root), "PATH": "z"}


def stale(home: Home, endpoint: str) -> None:
    key = "0" * 40
    Connection(endpoint, 1, "0", 2**22 + 1, 0.0, key, key, key).write(home.connection_file)


def test_the_file_of_a_dead_server_is_no_obstacle(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    stale(home, f"tcp://127.0.0.1:{port}")
    with connect_or_start(home, command=COMMAND):
        assert Connection.read(home.connection_file).endpoint != f"tcp://127.0.0.1:{port}"


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_another_program_at_the_old_port_is_left_alone(home: Home, says: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            peer, _ = other.accept()
            with peer:
                peer.sendall(says)
                time.sleep(2)

        thread = threading.Thread(target=answer)
        thread.start()
        stale(home, f"tcp://127.0.0.1:{other.getsockname()[1]}")
        with connect_or_start(home, command=COMMAND) as client:
            assert client.status()["pid"]
        thread.join()


def test_the_server_of_another_home_at_the_old_port_is_left_alone(home: Home) -> None:
    other = Home(home.root / "other")
    with connect_or_start(other, command=COMMAND) as theirs:
        connection = Connection.read(other.connection_file)
        replace(connection, client_public="0" * 40).write(home.connection_file)
        with connect_or_start(home, command=COMMAND) as ours:
            assert ours.status()["pid"] != theirs.status()["pid"]
        theirs.shutdown()


@pytest.mark.parametrize("text", ["", "{}", "\0"])
def test_a_damaged_file_is_no_obstacle(home: Home, text: str) -> None:
    home.place.mkdir(parents=True)
    home.connection_file.write_text(text)
    with connect_or_start(home, command=COMMAND) as client:
        assert client.status()["pid"]


def test_a_start_that_fails_tells_the_last_words(home: Home) -> None:
    home.logs.mkdir(parents=True)
    home.server_log.write_text("old words\n")
    script = "import sys; print('first', flush=True); sys.exit('ImportError: no such thing')"
    with pytest.raises(NeuralStyleError) as caught:
        connect_or_start(home, command=[sys.executable, "-c", script])
    error = caught.value
    assert error.code == "server-failed"
    assert error.sentence == "The server did not start: it ended with code 1."
    assert error.hint == (
        f"Its log is {home.server_log}. Its last words: ImportError: no such thing"
    )


def test_a_program_that_cannot_be_run_fails_at_once(home: Home) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        connect_or_start(home, command=["/nonexistent/python"])
    assert caught.value.code == "server-failed"
    assert "No such file" in caught.value.sentence


@pytest.mark.parametrize("script", ["", "import time; time.sleep(5)"])
def test_a_server_that_never_answers_is_given_up(home: Home, script: str) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        connect_or_start(home, command=[sys.executable, "-c", script], timeout=1.5)
    assert caught.value.code == "server-failed"
    assert "1.5 seconds" in caught.value.sentence


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NeuralStyleError) as caught:
        connect_or_start(Home(tmp_path / "file"), command=COMMAND)
    assert caught.value.code == "server-failed"


def test_the_server_of_a_source_folder_finds_its_sources(home: Home) -> None:
    assert server_environment(home, {})["PYTHONPATH"] == str(SOURCES)
