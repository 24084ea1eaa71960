"""The measuring process of ``growth``, for one size only because it reports its peak memory."""

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
from nst_server.engine.iterate import Iterate
from nst_server.engine.painter import Painter
from nst_server.values.settings import Settings

if sys.platform != "win32":
    import resource

_STYLE = landscape(512, 384)
"""Small, because the cost of the content is measured."""

_SMALL = 192
"""Side of a picture that is painted first, untiled and tiled, so that everything is traced."""


def run(
    weights: str,
    width: int,
    height: int,
    iterations: int,
    tile: int | str,
    beside_untiled: bool = False,
    warm_up: bool = True,
) -> Figures:
    """Measure seconds per megapixel iteration at one size and scale; the first does not count."""
    painter = Painter(Path(weights))
    small = landscape(_SMALL, _SMALL)
    for pieces in ("none", 128) if warm_up else ():
        for _ in islice(_painting(painter, small, pieces, 1), 1):
            pass
    content = repeated(width, height)
    paintings = [_painting(painter, content, tile, iterations)]
    if beside_untiled:
        paintings.append(_painting(painter, content, "none", iterations))
    del content  # a worker releases it too
    times: list[list[float]] = [[] for _ in paintings]
    for _ in range(iterations):
        for taken, painting in zip(times, paintings, strict=True):
            taken.append(seconds(lambda painting=painting: next(painting)))  # type: ignore[misc]
    megapixels = width * height / 1e6
    spreads = [spread([duration / megapixels for duration in taken[1:]]) for taken in times]
    figures: Figures = {
        **described(painter, small, Settings.of_preset("standard")),
        "megapixels": megapixels,
        "s_per_mpx_it": spreads[0]["median"],
        "spread": spreads[0],
        "peak_mb": _peak_mb(),
        "gpu_peak_mb": _gpu_peak_mb(),
    }
    if beside_untiled:
        figures["untiled_s_per_mpx_it"] = spreads[1]["median"]
    return figures


def _painting(
    painter: Painter, content: Array, tile: int | str, iterations: int
) -> Iterator[Iterate]:
    options: dict[str, Any] = {"coarsest": 0, "size": "full", "tile": tile}
    # Twice as many, since a scale in several levels makes fewer than are asked for.
    settings = Settings.of_preset("standard", iterations=2 * iterations, **options)
    return iterates(painter, content, _STYLE, settings)


def _peak_mb() -> float | None:
    """Peak memory of this process; None where the system does not report it (Windows)."""
    if sys.platform == "win32":
        return None
    # macOS counts bytes, others kilobytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def _gpu_peak_mb() -> float | None:
    if not tf.config.list_physical_devices("GPU"):
        return None
    return float(tf.config.experimental.get_memory_info("GPU:0")["peak"]) / 1e6
