"""Helpers to run the engine in benchmarks; imported in measuring processes only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from nst_server.bench.inputs import Array
from nst_server.engine.canvas.picture import Picture, Style
from nst_server.engine.iterate import Iterate
from nst_server.engine.painter import Painter
from nst_server.values.settings import Settings


def seconds(work: Callable[[], Any]) -> float:
    """Seconds that ``work`` takes until the device has actually finished it."""
    tf.test.experimental.sync_devices()
    begun = time.perf_counter()
    work()
    tf.test.experimental.sync_devices()
    return time.perf_counter() - begun


def iterates(
    painter: Painter, content: Array, style: Array, settings: Settings, init: Array | None = None
) -> Iterator[Iterate]:
    """Paint one picture with one style, starting from ``init`` if the settings say so."""
    plan = painter.plan(settings, *Picture(content).size)
    start = None if init is None else Picture(init)
    return painter.stylize(
        Picture(content), [Style(Picture(style))], settings, plan=plan, init=start
    )


def described(painter: Painter, content: Array, settings: Settings) -> dict[str, Any]:
    """Device, network and number format that the engine chooses."""
    plan = painter.plan(settings, *Picture(content).size)
    return {"device": painter.device, "backbone": plan.backbone, "precision": plan.precision}
