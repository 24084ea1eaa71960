"""Environment and painter for tests that run the worker's modules in the test's own process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nst_server.host.tensorflow_environment import worker_environment

os.environ.update(worker_environment(os.environ))  # before TensorFlow is imported


@pytest.fixture(scope="session")
def painter():  # type: ignore[no-untyped-def]
    """One painter for all tests, so that its network is built and traced once."""
    from nst_server.engine.painter import Painter

    return Painter(Path("none"))
