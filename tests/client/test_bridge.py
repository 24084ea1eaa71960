"""The way through a command: paints as the socket does, and ends in sentences."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_server.client import routes
from nst_server.client.launcher import connect_or_start
from nst_server.client.pipe_transport import PipeTransport
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire import framing
from nst_server.wire.events import Failed, Finished, Painting, Queued, Started
from nst_server.wire.protocol import MAXIMUM_FRAME_BYTES
from tests.support.scripted_worker import Manner
from tests.support.servers import (
    SOURCES,
    Server,
    environment,
    eventually,
    finish,
    make_order,
    serve_command,
    wait_for,
)


def bridge_to(home: Home, *prefix: str) -> list[str]:
    """The command of a bridge to the server of ``home``."""
    variables = [f"NST_HOME={home.root}", f"PYTHONPATH={SOURCES}"]
    return ["env", *variables, *prefix, sys.executable, "-m", "nst_server", "bridge"]


def over_bridge(home: Home, far: Home, timeout: float = 20.0) -> Client:
    return Client.over(PipeTransport(bridge_to(far)), home, timeout=timeout)


@pytest.fixture
def near(tmp_path: Path) -> Home:
    """The home of a machine that has no server."""
    return Home(tmp_path / "near")


@pytest.fixture
def client(server: Server, near: Home) -> Iterator[Client]:
    with over_bridge(near, server.home) as client:
        yield client


def pixels_of(client: Client) -> bytes:
    client.submit(make_order(side=300))
    last = finish(client)[-1]
    assert isinstance(last, Finished)
    return last.pixels.read()


def test_the_same_is_painted_through_a_pipe(server: Server, client: Client) -> None:
    with server.connect() as direct:
        assert pixels_of(client) == pixels_of(direct)
    events = []
    client.submit(make_order())
    while client.busy:
        events += client.poll(0.1)
    assert [type(event) for event in events] == [Queued, Started, Painting, Finished]


def test_pixels_go_through_the_file_that_both_see(server: Server, near: Home) -> None:
    with over_bridge(server.home, server.home) as sharing, over_bridge(near, server.home) as far:
        assert pixels_of(sharing) == pixels_of(far)


def test_nothing_is_sent_but_the_pixels(server: Server, near: Home, tmp_path: Path) -> None:
    up, down = tmp_path / "up", tmp_path / "down"
    words = " ".join(f"'{word}'" for word in bridge_to(server.home))
    command = ["sh", "-c", f"tee '{up}' | {words} | tee '{down}'"]
    order = make_order(side=1000, channels=3)  # in 8 bits
    with Client.over(PipeTransport(command), near, timeout=20) as client:
        client.submit(order)
        assert isinstance(finish(client)[-1], Finished)
    assert 0 < up.stat().st_size - order.size_in_bytes < 5000
    assert 0 < down.stat().st_size - order.content.size_in_bytes < 5000


_SLOW_LINE = """
import subprocess, sys, time
bridge = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE)
while data := bridge.stdout.read1(65536):
    time.sleep(len(data) / float(sys.argv[1]))
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
"""


def test_a_slow_line_is_no_silence(
    server: Server, near: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_server.client.session.SILENCE_SECONDS", 2.0)
    line = [sys.executable, "-c", _SLOW_LINE, "1e6", *bridge_to(server.home)]
    with Client.over(PipeTransport(line), near, timeout=20) as client:
        client.submit(make_order(side=1024))  # its result is one message of four seconds
        assert isinstance(finish(client)[-1], Finished)


def test_cancel_and_keep_and_status(server: Server, client: Client) -> None:
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    assert client.status()["jobs"]
    client.cancel()
    last = finish(client)[-1]
    assert isinstance(last, Failed)
    assert last.error.code == "cancelled"
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    client.keep()
    assert isinstance(finish(client)[-1], Finished)


def test_a_flood_of_progress_does_not_pile_up(client: Client) -> None:
    client.submit(make_order(Manner.FLOODS))
    wait_for(client, Painting)
    time.sleep(1.0)
    client.keep()
    assert isinstance(finish(client)[-1], Finished)


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_preview_is_sent_when_the_one_before_has_arrived(
    client: Client, monkeypatch: pytest.MonkeyPatch, confirmed: bool
) -> None:
    if not confirmed:  # as on a line on which it takes forever
        monkeypatch.setattr(framing, "is_preview", lambda frames: False)
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    until, previews = time.monotonic() + 1.0, 0
    while time.monotonic() < until:
        events = client.poll(0.1)
        previews += sum(isinstance(each, Painting) and each.preview is not None for each in events)
    assert previews > 5 if confirmed else previews == 0
    client.keep()
    assert isinstance(finish(client)[-1], Finished)


def test_the_end_of_the_client_ends_bridge_and_job(server: Server, near: Home) -> None:
    client = over_bridge(near, server.home)
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    transport = client._transport
    assert isinstance(transport, PipeTransport)
    client.close()
    assert transport._process.poll() is not None
    with server.connect() as other:
        eventually(lambda: not other.status()["jobs"])


def test_a_bridge_that_is_killed_is_a_sentence(server: Server, near: Home) -> None:
    client = over_bridge(near, server.home)
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    assert isinstance(client._transport, PipeTransport)
    client._transport._process.send_signal(signal.SIGKILL)
    last = finish(client)[-1]
    assert isinstance(last, Failed)
    assert last.error.code == "server-gone"
    assert "ended before the painting was done" in str(last.error)
    client.close()
    with over_bridge(near, server.home) as again:
        assert pixels_of(again)
    with server.connect() as other:
        eventually(lambda: not other.status()["jobs"])


def test_a_server_that_ends_is_a_sentence(near: Home, home: Home) -> None:
    command = serve_command(server_idle=30)
    server = subprocess.Popen(command, env=environment(home), stdin=subprocess.DEVNULL)
    eventually(home.connection_file.exists)
    with over_bridge(near, home) as client:
        client.submit(make_order(Manner.SLOW))
        wait_for(client, Painting)
        server.kill()
        server.wait()
        last = finish(client)[-1]
    assert isinstance(last, Failed)
    assert last.error.code == "server-gone"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["/nowhere/nst", "bridge"], "No such file"),
        (["sh", "-c", "echo 'nst: command not found' >&2; exit 127"], "command not found"),
        (["sh", "-c", "echo Permission denied, please try again. >&2; exit 255"], "Permission"),
        (["sh", "-c", "echo Welcome; echo nst: not found >&2; exit 127"], "not found"),
        (["sh", "-c", "echo This account is not available.; exit 1"], "not available"),
        (["sh", "-c", "echo nst-bridge 99; cat"], "Install the same version"),
        (["sh", "-c", "yes | head -c 200000; cat"], "is no bridge"),
        (["sh", "-c", "echo nst-bridge 1; echo nonsense nonsense; cat"], "no message"),
        (["sh", "-c", "exit 0"], "Try the command in a terminal"),
    ],
)
def test_what_is_no_bridge_is_told(near: Home, command: list[str], told: str) -> None:
    begun = time.monotonic()
    with pytest.raises(NeuralStyleError) as caught:
        Client.over(PipeTransport(command), near, timeout=20)
    assert caught.value.code in {"server-gone", "protocol-mismatch"}
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - begun < 15


def test_a_command_that_hangs_is_ended(near: Home) -> None:
    with pytest.raises(NeuralStyleError, match="does not answer"):
        Client.over(PipeTransport(["sleep", "1000"]), near, timeout=0.5)


def test_what_a_login_shell_prints_is_passed_over(server: Server, near: Home) -> None:
    words = " ".join(f"'{word}'" for word in bridge_to(server.home))
    command = ["sh", "-c", f"echo Welcome to box; echo; exec {words}"]
    with Client.over(PipeTransport(command), near, timeout=20) as client:
        assert pixels_of(client)


def test_the_setting_is_used_by_everybody(server: Server, near: Home) -> None:
    routes.use_remote(near, bridge_to(server.home))
    told: list[float] = []
    with connect_or_start(near, waiting=told.append) as client:
        assert client.status()["pid"] == server.process.pid
    assert told
    assert not near.run.exists(), "no server was started here"
    near.remote_file.write_text("{")
    with pytest.raises(NeuralStyleError, match="nst remote off"):
        connect_or_start(near)
    routes.use_local(near)
    assert routes.pipe(near) is None


def test_a_bridge_leads_to_its_own_machine(server: Server, near: Home) -> None:
    """Else two machines that use each other would start bridges without end."""
    routes.use_remote(server.home, ["false"])
    try:
        with over_bridge(near, server.home) as client:
            assert client.status()["pid"] == server.process.pid
    finally:
        routes.use_local(server.home)


@pytest.mark.parametrize("has_other", [False, True])
def test_without_pyzmq_the_bridge_of_this_machine_is_taken(
    server: Server, tmp_path: Path, has_other: bool
) -> None:
    """A Python that has the standard library only, as GIMP's on Windows, or another's pyzmq."""
    if has_other:
        (tmp_path / "zmq").mkdir()
        broken = "import zmq.backend._zmq  # made for another Python\n"
        (tmp_path / "zmq" / "__init__.py").write_text(broken)
    bin_folder = tmp_path / "home" / "bin"
    bin_folder.mkdir(parents=True)
    nst = bin_folder / "nst"
    words = " ".join(f"'{word}'" for word in bridge_to(server.home)[:-1])
    nst.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    nst.chmod(0o755)
    script = (
        "from nst_server.client.launcher import connect_or_start\n"
        "from nst_server.host.home import Home\n"
        "with connect_or_start(Home.default()) as client:\n"
        "    print(client.status()['pid'])\n"
    )
    path = os.pathsep.join([str(SOURCES), str(tmp_path)])
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env={**os.environ, "NST_HOME": str(tmp_path / "home"), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == str(server.process.pid), done.stderr


def test_neither_pyzmq_nor_the_command_is_a_sentence(
    near: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zmq", None)
    with pytest.raises(NeuralStyleError, match="not completely installed"):
        connect_or_start(near)


def test_frames_come_as_they_went() -> None:
    stream = io.BytesIO()
    messages: list[list[bytes]] = [[b"{}"], [b"header", b""], [b"a", b"payload"]]
    for message in messages:
        framing.put(stream, message)
    stream.seek(0)
    assert [framing.get(stream) for _ in messages] == messages
    assert framing.get(stream) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\0\5abc",
        b"\1\0\0\0\1a",
        b"\7\0\0\0\1a",
        b"\0" + (MAXIMUM_FRAME_BYTES + 1).to_bytes(4, "big"),
        b"\1\0\0\0\0" * 9,
    ],
)
def test_what_is_no_message_is_refused_before_it_is_read(data: bytes) -> None:
    with pytest.raises((ValueError, EOFError), match="message"):
        framing.get(io.BytesIO(data))
