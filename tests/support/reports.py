"""Progress and reports with plain values, for tests that look at a few of them."""

from __future__ import annotations

from typing import Any

from nst_server.values.progress import Progress, Report


def progress(**changes: Any) -> Progress:
    """The second of three scales, 0.4 done after 21 seconds."""
    plain = {
        "scale": 2,
        "scales": 3,
        "iteration": 14,
        "iterations": 80,
        "done": 0.4,
        "seconds": 21.0,
        "seconds_left": 35.0,
        "width": 256,
        "height": 192,
        "loss": 1.0,
    }
    return Progress(**{**plain, **changes})


def report(width: int, height: int, **changes: Any) -> Report:
    """A draft on a processor, worked at its own size."""
    plain = {
        "width": width,
        "height": height,
        "worked_width": width,
        "worked_height": height,
        "seconds": 1.0,
        "device": "CPU",
        "precision": "float32",
        "backbone": "vgg16",
        "preset": "draft",
        "iterations": 1,
        "megapixel_iterations": 0.1,
    }
    return Report(**{**plain, **changes})
