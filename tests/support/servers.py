"""Servers as separate processes, with a scripted worker unless a test wants the real one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, cast

import zmq

import nst_server
from nst_server.client.session import Client
from nst_server.client.socket_transport import SocketTransport
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, JobStyle, PictureShape
from nst_server.values.settings import Settings
from nst_server.wire.connection import Connection
from nst_server.wire.events import Event, Failed
from nst_server.wire.order import Order, Raster
from nst_server.wire.protocol import PROTOCOL, Kind, Message

SOURCES = Path(nst_server.__file__).parent.parent
HERE = Path(__file__).parent
SCRIPTED_WORKER = [sys.executable, str(HERE / "scripted_worker.py")]

_SERVE = """
import json, sys
from nst_server.host.home import Home
from nst_server.broker.server import serve
sys.exit(serve(Home.default(), **json.loads(sys.argv[1])))
"""


def serve_command(
    worker_command: Sequence[str] | None = SCRIPTED_WORKER, **times: float
) -> list[str]:
    """A server with that worker, as a command."""
    options = {"worker_command": worker_command, **times}
    return [sys.executable, "-c", _SERVE, json.dumps(options)]


def environment(home: Home) -> dict[str, str]:
    return {**os.environ, "NST_HOME": str(home.root), "PYTHONPATH": str(SOURCES)}


def eventually(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The condition's first true value; fails if there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.02)
    return value


def alive(pid: int) -> bool:
    """Whether a process runs; one that is only waiting to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def bridges(home: PurePath) -> list[int]:
    """Processes of this machine that are bridges to the server of ``home``."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"bridge" in words and b"NST_HOME=" + os.fsencode(home) in variables:
            found.append(int(folder.name))
    return found


@dataclass
class Server:
    home: Home
    process: subprocess.Popen[bytes]
    clients: list[Client] = field(default_factory=list)

    def connect(self, *, shares: bool = True) -> Client:
        client = Client.connect(self.home, shares=shares)
        self.clients.append(client)
        return client

    def status(self) -> dict[str, Any]:
        with Client.connect(self.home) as client:
            return client.status()

    def worker(self) -> dict[str, Any]:
        return dict(self.status()["worker"])

    @property
    def log(self) -> str:
        return self.home.server_log.read_text(encoding="utf-8")

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()


def start(home: Home, command: Sequence[str]) -> Server:
    process = subprocess.Popen(command, env=environment(home), stdin=subprocess.DEVNULL)
    server = Server(home, process)

    def answers() -> bool:
        assert process.poll() is None, "the server ended"
        with contextlib.suppress(NeuralStyleError):
            connection = Connection.read(home.connection_file)
            with Client(SocketTransport(connection, home.server_log), home) as client:
                client.greet(connection.protocol)
            return True
        return False

    eventually(answers)
    return server


def make_order(manner: int = 0, *, side: int = 40, channels: int = 4) -> Order:
    """An order for the scripted worker."""
    content = PictureShape(side, side, channels, "uint8")
    style = PictureShape(8, 8, 3, "uint8")
    header = Job(Settings(seed=manner), content, (JobStyle(style),))

    def raster(shape: PictureShape) -> Raster:
        pixels = bytes(range(251)) * (shape.size_in_bytes // 251 + 1)
        return Raster.of(shape, pixels[: shape.size_in_bytes])

    return header.map(raster)


def wait_for(client: Client, kind: type[Event], seconds: float = 10.0) -> Event:
    """Listen until an event of that kind comes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for event in client.poll(0.1):
            if isinstance(event, kind):
                return event
            assert not isinstance(event, Failed), event
    raise AssertionError(f"no {kind.__name__} within {seconds} s")


def finish(client: Client, seconds: float = 30.0) -> list[Event]:
    """All events until the job is over, which it must be in time."""
    deadline = time.monotonic() + seconds
    events = client.poll()
    while client.busy:
        assert time.monotonic() < deadline, f"not over within {seconds} s: {events}"
        events += client.poll(0.1)
    return events + client.poll()


class Peer:
    """A client with the right key and manners of its own, for what `Client` would never send."""

    def __init__(self, home: Home, *, greet: bool = True, protocol: int = PROTOCOL) -> None:
        known = Connection.read(home.connection_file)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.reconnect_ivl = 3600 * 1000
        self._socket.curve_serverkey = known.server_public.encode()
        self._socket.curve_publickey = known.client_public.encode()
        self._socket.curve_secretkey = known.client_secret.encode()
        self._socket.connect(known.endpoint)
        if greet:
            self.send("hello", protocol=protocol, version="0")
            self.expect("welcome")

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.destroy(linger=0)

    def send(self, kind: str, payload: bytes | None = None, **fields: Any) -> None:
        self.send_frames(Message(cast("Kind", kind), fields, payload).to_frames())

    def send_frames(self, frames: Sequence[bytes]) -> None:
        self._socket.send_multipart(frames, zmq.NOBLOCK)

    def expect(self, *kinds: str, seconds: float = 10.0) -> Message:
        """The next message of one of these kinds; others are passed over."""
        deadline = time.monotonic() + seconds
        while self._socket.poll(max(0, int((deadline - time.monotonic()) * 1000))):
            message = Message.from_frames(self._socket.recv_multipart())
            if message.kind in kinds:
                return message
        raise AssertionError(f"none of {kinds} within {seconds} s")

    def expect_error(self) -> NeuralStyleError:
        error = NeuralStyleError.from_wire(self.expect("error", "failed").fields["error"])
        assert error.sentence.endswith(".")
        return error
