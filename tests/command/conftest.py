"""One home with one server for all tests of the command, and pictures to paint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.landscapes import landscape
from tests.support.running import nst


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("a home with späces")
    yield home
    nst(home, "stop")


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for name, size in (("content", (160, 120)), ("style", (128, 128))):
        values = np.rint(255 * landscape(*size, seed=len(name))).astype(np.uint8)
        Image.fromarray(values).save(folder / f"{name}.png")
    return folder
