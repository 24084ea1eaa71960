"""Time to a first iterate where a server is dead, foreign or cannot be found."""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path

from nst_server.client.launcher import connect_or_start
from nst_server.host import trust
from nst_server.host.home import Home
from nst_server.wire.connection import Connection
from nst_server.wire.events import Painting
from tests.endurance.drafts import long_draft
from tests.endurance.observing import PATIENCE, stopping
from tests.endurance.trial import Extent, Section
from tests.support.networks import elsewhere, has_networks
from tests.support.servers import environment, eventually, serve_command, start, wait_for

_SOME_KEY = "0" * 40


@contextmanager
def nothing(home: Home, command: list[str]) -> Iterator[None]:
    """A cold start."""
    yield


@contextmanager
def killed(home: Home, command: list[str]) -> Iterator[None]:
    with closing(start(home, command)) as server:
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        yield


@contextmanager
def in_another_network(home: Home, command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(elsewhere(command), env=environment(home))
    try:
        eventually(lambda: list(home.run.glob("*/connection.json")))
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def a_silent_program(home: Home, command: list[str]) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0)) as program:
        _write(home, f"tcp://127.0.0.1:{program.getsockname()[1]}")
        yield


@contextmanager
def a_server_of_another_home(home: Home, command: list[str]) -> Iterator[None]:
    other = Home(home.root.with_name(home.root.name + " of others"))
    with closing(start(other, command)):
        _write(home, Connection.read(other.connection_file).endpoint)
        yield


@contextmanager
def damaged(home: Home, command: list[str]) -> Iterator[None]:
    with closing(start(home, command)):
        home.connection_file.write_text("")
        yield


@contextmanager
def of_another_server(home: Home, command: list[str]) -> Iterator[None]:
    with closing(start(home, command)):
        known = Connection.read(home.connection_file)
        replace(known, client_public=_SOME_KEY, client_secret=_SOME_KEY).write(home.connection_file)
        yield


def _write(home: Home, endpoint: str) -> None:
    """Write a connection file as a server would have left it that is gone."""
    trust.prepare(home)
    keys = (_SOME_KEY, _SOME_KEY, _SOME_KEY)
    Connection(endpoint, 3, "0.2.0", 1, 0.0, *keys).write(home.connection_file)


Situation = Callable[[Home, list[str]], AbstractContextManager[None]]
SITUATIONS: dict[str, Situation] = {
    "no server (a cold start)": nothing,
    "its server was killed": killed,
    "its server is in another network": in_another_network,
    "a silent program at the address in its file": a_silent_program,
    "another home's server at that address": a_server_of_another_home,
    "a server without a worker, whose file is empty": damaged,
    "such a server, whose file has others' keys": of_another_server,
}


def trial(extent: Extent, folder: Path) -> Section:
    """Look for the server as every client does, and submit a draft."""
    rows: list[list[object]] = []
    cold = 0.0
    command = serve_command(extent.worker)
    for number, (name, situation) in enumerate(SITUATIONS.items()):
        if situation is in_another_network and not has_networks():
            rows.append([name, 0, "not possible here", ""])
            continue
        times = []
        for repeat in range(extent.starts):
            home = Home(folder / f"home {number} {repeat}")
            with stopping(home), situation(home, command):
                times.append(_first_iterate(home, command))
        median = statistics.median(times)
        cold = cold or median
        spread = f"{min(times):.2f} – {max(times):.2f} s"
        rows.append([name, len(times), spread, f"{median - cold:+.2f} s"])
    return Section(
        "Each in a home of its own, from the search for the server until the first iterate of a "
        "draft has arrived; no worker runs before. The aim is at most 3 s more than a cold start.",
        ("The home has", "Starts", "First iterate after", "Median, more than cold"),
        rows,
    )


def _first_iterate(home: Home, command: list[str]) -> float:
    begun = time.monotonic()
    with connect_or_start(home, command=command) as client:
        client.submit(long_draft())
        wait_for(client, Painting, PATIENCE)
        return time.monotonic() - begun
