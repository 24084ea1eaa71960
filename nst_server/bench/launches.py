"""Count what a device is sent: operations one by one, or programs of many."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

_OPERATION = re.compile(r"[^:\s]+:[A-Z_]\w+")
"""Name of an operation in a function: its own, and that of its kind."""

_SINGLE = "EagerKernelExecute"
"""Name of a call from Python: an operation by itself, or a function."""


def launches(work: Callable[[], Any]) -> int:
    """Return how many operations TensorFlow's profiler sees while ``work`` is done."""
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        work()
        tf.profiler.experimental.stop()
        return sum(map(_operations, Path(folder).rglob("*.xplane.pb")))


def _operations(file: Path) -> int:
    space = xplane_pb2.XSpace.FromString(file.read_bytes())
    names = [
        plane.event_metadata[event.metadata_id].name
        for plane in space.planes
        for line in plane.lines
        for event in line.events
    ]
    return sum(name == _SINGLE or bool(_OPERATION.fullmatch(name)) for name in names)
