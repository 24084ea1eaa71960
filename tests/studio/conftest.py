"""A server for the tests of the studio, and a photograph with a style."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.support.landscapes import landscape
from tests.support.running import nst


@pytest.fixture(scope="session")
def painting_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose server is started by whoever paints first."""
    home = tmp_path_factory.mktemp("a home with späces")
    yield home
    nst(home, "stop")


@pytest.fixture(scope="session")
def photo() -> npt.NDArray[np.uint8]:
    return np.rint(255 * landscape(100, 76, seed=4)).astype(np.uint8)


@pytest.fixture(scope="session")
def style() -> npt.NDArray[np.uint8]:
    return np.rint(255 * landscape(72, 72, seed=9)).astype(np.uint8)
