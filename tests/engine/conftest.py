"""What every test of the engine needs: a painter with the embedded network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nst_server.host import weight_files
from nst_server.host.tensorflow_environment import worker_environment

os.environ.update(worker_environment(os.environ))  # before TensorFlow is imported


@pytest.fixture(scope="session", autouse=True)
def computed_as_in_a_worker() -> None:
    """Also where a test computes without a painter: on a GPU, with all bits of float32."""
    from nst_server.engine.planning.device import Device

    Device.detect()


@pytest.fixture(scope="session")
def vgg16_file() -> Path:
    """The weights that come with the installation."""
    return weight_files.find("vgg16", Path("none"))[1]


@pytest.fixture(scope="session")
def painter():  # type: ignore[no-untyped-def]
    """One painter for all tests, so that its network is built and traced once."""
    from nst_server.engine.painter import Painter

    return Painter(Path("none"))
