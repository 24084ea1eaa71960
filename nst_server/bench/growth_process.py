"""The measuring process of ``growth``: one size, so that its peak memory is its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import tensorflow as tf

from nst_server.bench.benchmark import Figures, spread
from nst_server.bench.inputs import Array, landscape, repeated
from nst_server.bench.measuring import described, iterates, seconds
from nst_server.engine.painter import Iterate, Painter
from nst_server.values.settings import Settings

if sys.platform != "win32":
    import resource

_STYLE = landscape(512, 384)
"""Small: it is the picture's cost that is measured."""

_SMALL = 192
"""Side of what is painted first, so that everything is traced, whole and in tiles."""


def run(
    weights: str,
    width: int,
    height: int,
    iterations: int,
    tile: int | str,
    beside_untiled: bool = False,
    warm_up: bool = True,
) -> Figures:
    """Seconds per megapixel iteration at one size and one scale, its first iteration left out."""
    painter = Painter(Path(weights))
    small = landscape(_SMALL, _SMALL)
    for pieces in ("none", 128) if warm_up else ():
        for _ in islice(_painting(painter, small, pieces, 1), 1):
            pass
    content = repeated(width, height)
    painted = [_painting(painter, content, tile, iterations)]
    if beside_untiled:
        painted.append(_painting(painter, content, "none", iterations))
    del content  # as a worker lets go of it
    times: list[list[float]] = [[] for _ in painted]
    for _ in range(iterations):
        for taken, painting in zip(times, painted, strict=True):
            taken.append(seconds(lambda painting=painting: next(painting)))  # type: ignore[misc]
    megapixels = width * height / 1e6
    spreads = [spread([one / megapixels for one in taken[1:]]) for taken in times]
    found: Figures = {
        **described(painter, small, Settings.of_preset("standard")),
        "megapixels": megapixels,
        "s_per_mpx_it": spreads[0]["median"],
        "spread": spreads[0],
        "peak_mb": _peak_mb(),
        "gpu_peak_mb": _gpu_peak_mb(),
    }
    if beside_untiled:
        found["untiled_s_per_mpx_it"] = spreads[1]["median"]
    return found


def _painting(
    painter: Painter, content: Array, tile: int | str, iterations: int
) -> Iterator[Iterate]:
    options: dict[str, Any] = {"coarsest": 0, "size": "full", "tile": tile}
    settings = Settings.of_preset("standard", iterations=iterations, **options)
    return iterates(painter, content, _STYLE, settings)


def _peak_mb() -> float | None:
    """Most memory that this process ever had; None where the system does not tell (Windows)."""
    if sys.platform == "win32":
        return None
    # macOS counts bytes, others kilobytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def _gpu_peak_mb() -> float | None:
    if not tf.config.list_physical_devices("GPU"):
        return None
    return float(tf.config.experimental.get_memory_info("GPU:0")["peak"]) / 1e6
