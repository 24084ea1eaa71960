"""A server on another machine, which is this one behind a real ssh."""

from __future__ import annotations

import json
import os
import platform
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_server import __version__
from nst_server.client.pipe_transport import PipeTransport
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.events import Failed, Finished, Painting
from tests.support.running import NST, nst
from tests.support.scripted_worker import Manner
from tests.support.servers import SOURCES, Server, bridges, eventually, finish, make_order, wait_for

SSHD = "/usr/sbin/sshd"

_POSSIBLE = shutil.which(SSHD) is not None and os.geteuid() == 0
if not _POSSIBLE and not os.environ.get("CI"):  # there the set-up is ours, and has to be complete
    pytest.skip("needs root and openssh-server for a real ssh", allow_module_level=True)


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The command to a machine of our own: a daemon on a free port, with keys made for it."""
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(key, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {folder / 'user.pub'}\nStrictModes no\nUsePAM no\n"
        "PermitRootLogin prohibit-password\nPasswordAuthentication yes\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    daemon = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", str(folder / "config")], stderr=subprocess.DEVNULL
    )
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
    flags = [word for option in options for word in ("-o", option)]

    def answers() -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", port)) == 0

    eventually(answers)
    yield ["ssh", "-p", str(port), "-i", str(folder / "user"), *flags, "root@127.0.0.1"]
    daemon.terminate()
    daemon.wait()


@pytest.fixture
def command(ssh: list[str], server: Server) -> list[str]:
    """The bridge of the far machine, whose shell takes words apart again."""
    far = f"NST_HOME='{server.home.root}' PYTHONPATH='{SOURCES}' {sys.executable}"
    return [*ssh, f"env {far} -m nst_server bridge"]


@pytest.fixture
def near(tmp_path: Path) -> Home:
    return Home(tmp_path / "near")


def test_it_is_painted_there(command: list[str], near: Home, server: Server) -> None:
    with Client.over(PipeTransport(command), near, timeout=30) as client:
        client.submit(make_order(side=300))
        far = finish(client)[-1]
        client.submit(make_order(Manner.SLOW))
        wait_for(client, Painting)
        client.cancel()
        cancelled = finish(client)[-1]
    with server.connect() as direct:
        direct.submit(make_order(side=300))
        here = finish(direct)[-1]
    assert isinstance(far, Finished) and isinstance(here, Finished)
    assert far.pixels.read() == here.pixels.read()
    assert isinstance(cancelled, Failed) and cancelled.error.code == "cancelled"
    eventually(lambda: not bridges(server.home.root))


def test_a_lost_line_is_a_sentence_and_nothing_stays(
    command: list[str], near: Home, server: Server
) -> None:
    with Client.over(PipeTransport(command), near, timeout=30) as client:
        client.submit(make_order(Manner.SLOW))
        wait_for(client, Painting)
        assert bridges(server.home.root)
        assert isinstance(client._transport, PipeTransport)
        client._transport._process.send_signal(signal.SIGKILL)
        begun = time.monotonic()
        last = finish(client)[-1]
        assert time.monotonic() - begun < 5
    assert isinstance(last, Failed) and last.error.code == "server-gone"
    with server.connect() as other:
        eventually(lambda: not other.status()["jobs"])
    eventually(lambda: not bridges(server.home.root))


def test_a_worker_that_dies_there_is_told_here(
    command: list[str], near: Home, server: Server
) -> None:
    with Client.over(PipeTransport(command), near, timeout=30) as client:
        client.submit(make_order(Manner.SLOW))
        wait_for(client, Painting)
        os.kill(client.status()["worker"]["pid"], signal.SIGKILL)
        last = finish(client)[-1]
        assert isinstance(last, Failed) and last.error.code == "worker-died"
        client.submit(make_order())
        assert isinstance(finish(client)[-1], Finished)


def parents(process: int) -> Iterator[int]:
    """The process, its parent, and so on."""
    while process > 1:
        yield process
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_machine_that_falls_asleep_is_a_sentence_and_nothing_stays(
    command: list[str], near: Home, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_server.client.session.SILENCE_SECONDS", 3.0)
    with Client.over(PipeTransport(command), near, timeout=30) as client:
        client.submit(make_order(Manner.SLOW))
        wait_for(client, Painting)
        (bridge,) = bridges(server.home.root)
        asleep = [bridge, *(each for each in parents(bridge) if is_sshd(each))][:-1]  # no daemon
        for process in asleep:
            os.kill(process, signal.SIGSTOP)
        last = finish(client, 10)[-1]
        transport = client._transport
    assert isinstance(last, Failed) and "may be asleep" in str(last.error)
    assert isinstance(transport, PipeTransport) and transport._process.poll() is not None
    with Client.over(PipeTransport(command), near, timeout=30) as client:
        client.submit(make_order())  # behind the sleeper's, until that is known to be lost
        for process in asleep:
            os.kill(process, signal.SIGCONT)
        assert isinstance(finish(client)[-1], Finished)
    eventually(lambda: not bridges(server.home.root))


def is_sshd(process: int) -> bool:
    return Path(f"/proc/{process}/comm").read_text().startswith("sshd")


@pytest.mark.parametrize(
    ("options", "far", "told"),
    [
        ([], "nst-is-not-there bridge", "not found"),
        ([], f"PYTHONPATH='{SOURCES}' {sys.executable} -m nst_server old", "invalid choice"),
        (["-p", "1"], "nst bridge", "Connection refused"),
        (["-o", "StrictHostKeyChecking=yes"], "nst bridge", "verification failed"),
    ],
)
def test_an_ssh_that_leads_nowhere_is_a_sentence(
    ssh: list[str], near: Home, options: list[str], far: str, told: str
) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        Client.over(PipeTransport([ssh[0], *options, *ssh[1:], far]), near, timeout=30)
    assert caught.value.code == "server-gone"
    assert told in str(caught.value)


def test_a_server_of_another_version_is_a_sentence(
    command: list[str], near: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_server.client.session.PROTOCOL", 99)
    with pytest.raises(NeuralStyleError, match="another version") as caught:
        Client.over(PipeTransport(command, elsewhere=True), near, timeout=30)
    assert "nst stop" not in str(caught.value), "which would end the server of this machine"


def test_an_ssh_that_would_ask_asks_nobody(
    ssh: list[str], near: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the terminal that there is nor by a window."""
    asked, window = tmp_path / "asked", tmp_path / "askpass"
    window.write_text(f"#!/bin/sh\ntouch '{asked}'\nsleep 100\n")
    window.chmod(0o755)
    monkeypatch.setenv("SSH_ASKPASS", str(window))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "prefer")
    monkeypatch.setenv("DISPLAY", ":77")
    monkeypatch.setenv("NST_HOME", str(near.root))
    without_key = [word for word in ssh if word != "-i" and not word.endswith("user")]
    words = shlex.join([*NST, "remote", "use", "--", *without_key, "nst bridge"])
    in_terminal = ["script", "--quiet", "--return", "--command", words, "/dev/null"]
    done = subprocess.run(in_terminal, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert done.returncode == 3
    assert b"Permission denied (publickey,password," in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert not asked.exists()


def test_nst_remote(command: list[str], near: Home, server: Server) -> None:
    used = nst(near.root, "remote", "use", "--", *command)
    assert used.returncode == 0, used.stderr
    assert used.stdout.startswith(f"From now on {platform.node()} (test) paints, at ")
    assert "127.0.0.1" in nst(near.root, "remote").stdout
    status = nst(near.root, "status")
    assert f"process {server.process.pid}" in status.stdout
    assert status.stdout.startswith("Reached by: ssh ")
    assert f"Server {__version__} on {platform.node()}, process" in status.stdout
    assert "on test." in status.stdout
    described = json.loads(nst(near.root, "status", "--json").stdout)
    assert (described["machine"], described["worker"]["device"]) == (platform.node(), "test")
    assert described["command"] == command
    assert nst(near.root, "remote", "off").returncode == 0
    assert nst(near.root, "remote", "show").stdout == "This machine paints.\n"
    assert nst(near.root, "status").returncode == 3
    wrong = nst(near.root, "remote", "use", "--", "false")
    assert wrong.returncode == 3
    assert len(wrong.stderr.splitlines()) == 1
    assert nst(near.root, "remote", "show").stdout == "This machine paints.\n"
