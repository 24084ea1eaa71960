"""Which GIMP the tests meet."""

from __future__ import annotations

import pytest

from tests.support.gimp_root import RELEASES


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
