"""The state of a server, as any client sees it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nst_server.client.session import Client, stop_server
from nst_server.host.home import Home
from nst_server.host.memory import resident_memory
from nst_server.values.errors import NeuralStyleError
from tests.support.servers import alive, eventually

PATIENCE = 120.0


@contextmanager
def stopping(home: Home) -> Iterator[Home]:
    """Stop whatever serves ``home`` at the end, and a server that is still being started too."""
    try:
        yield home
    finally:
        eventually(lambda: _has_stopped(home), PATIENCE)


def _has_stopped(home: Home) -> bool:
    with suppress(NeuralStyleError):
        stop_server(home)
    return not processes(home)


def processes(home: Home) -> list[int]:
    """Processes of this machine that have this home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            variables = (folder / "environ").read_bytes().split(b"\0")
            pid = int(folder.name)
            if b"NST_HOME=" + os.fsencode(home.root) in variables and alive(pid):
                found.append(pid)
    return found


def status(home: Home) -> dict[str, Any]:
    with Client.connect(home) as client:
        return client.status()


def worker(home: Home) -> dict[str, Any]:
    return dict(status(home)["worker"])


def states(home: Home) -> list[str]:
    """The states of all jobs, the running one first."""
    return [job["state"] for job in status(home)["jobs"]]


def until_states_are(home: Home, wanted: list[str]) -> None:
    """Wait until these are the states of all jobs."""
    eventually(lambda: states(home) == wanted, PATIENCE)


def until_worker_is(home: Home, state: str) -> None:
    eventually(lambda: worker(home)["state"] == state, PATIENCE)


def megabytes(process: int) -> int:
    """Memory that a process holds now."""
    return round((resident_memory(process) or 0) / 1e6)
