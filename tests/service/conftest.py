from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nst_server.paths import Home
from tests.service.servers import Server, serve_command, start


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "Öl & Pinsel 画")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a module that leave it as it was."""
    server = start(Home(tmp_path_factory.mktemp("Öl & Pinsel 画")), serve_command())
    yield server
    server.close()


@pytest.fixture
def start_server(home: Home) -> Iterator[Callable[..., Server]]:
    """Starts a server of its own for a test, with the times that it wants."""
    servers: list[Server] = []

    def start_one(**options: Any) -> Server:
        servers.append(start(home, serve_command(**options)))
        return servers[-1]

    yield start_one
    for server in servers:
        server.close()
