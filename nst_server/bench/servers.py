"""Real servers for the benchmarks, each in a temporary home."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import nst_server
from nst_server.client.launcher import connect_or_start
from nst_server.client.session import Client, stop_server
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.events import Failed, Finished, Painting

_BRIDGE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from nst_server.client.bridge import bridge
from nst_server.host.home import Home
bridge(Home(Path(sys.argv[2])), sys.stdin.buffer, sys.stdout.buffer)
"""


@contextlib.contextmanager
def temporary_home(owner: Home) -> Iterator[Home]:
    """An empty home with the weights of ``owner``; its server, if any, is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="nst-bench-") as folder:
        home = Home(Path(folder))
        if owner.weights.is_dir():
            home.weights.symlink_to(owner.weights, target_is_directory=True)
        try:
            yield home
        finally:
            with contextlib.suppress(NeuralStyleError):
                stop_server(home)


def started(home: Home, command: Sequence[str] | None = None) -> tuple[Client, float]:
    """Start a server; return its client and the seconds until the client's hello was answered."""
    begun = time.perf_counter()
    client = connect_or_start(home, command=command)
    return client, time.perf_counter() - begun


def bridge_to(home: Home) -> list[str]:
    """Command of a bridge to the server of ``home``."""
    sources = Path(nst_server.__file__).parent.parent
    return [sys.executable, "-c", _BRIDGE, str(sources), str(home.root)]


def first_painting(client: Client) -> Painting:
    """Wait for the first iterate. Raises `NeuralStyleError` if none comes."""
    for event in client.events():
        if isinstance(event, Painting):
            return event
        if isinstance(event, Failed):
            raise event.error
    raise NeuralStyleError("internal", "The job ended without an iterate.")


def finished(client: Client) -> Finished:
    """Wait for the end of the job. Raises `NeuralStyleError` if it failed."""
    for event in client.events():
        if isinstance(event, Finished):
            return event
        if isinstance(event, Failed):
            raise event.error
    raise NeuralStyleError("internal", "The job ended without a result.")
