"""Which GIMP the tests meet, and servers for those that need one."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from nst_server.host.home import Home
from nst_server.pictures import sample_styles
from tests.support.gimp_root import RELEASES
from tests.support.servers import Server, serve_command, start

# The same few examples in every run; `--hypothesis-profile=long` looks for new ones.
settings.register_profile("short", max_examples=300, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=3000, deadline=None, database=None)
settings.load_profile("short")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--gimp",
        choices=list(RELEASES),
        help="only the tests in real GIMP, of this version; without it all tests, with GIMP 3.0",
    )
    parser.addoption(
        "--screenshots",
        action="store_true",
        help="no tests, but the README's screenshots made anew in real GIMP",
    )


def pytest_configure() -> None:
    # In the background of a shell it is ignored, and whatever the tests start would ignore it too.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    version, screenshots = config.getoption("--gimp"), config.getoption("--screenshots")
    others = [
        item
        for item in items
        if (item.get_closest_marker("screenshots") is not None) != screenshots
        or (version is not None and item.get_closest_marker("gimp") is None)
    ]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def gimp_version(pytestconfig: pytest.Config) -> str:
    """Major and minor version of the GIMP in the root folder."""
    return str(pytestconfig.getoption("--gimp") or "3.0")


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


@pytest.fixture(scope="session")
def styles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery's pictures, painted once; they take a dozen seconds. To be copied."""
    folder = tmp_path_factory.mktemp("styles")
    sample_styles.write(folder)
    return folder
