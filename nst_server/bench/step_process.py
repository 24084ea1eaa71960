"""The measuring process of ``step``."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from nst_server.bench.benchmark import Figures, summary
from nst_server.bench.inputs import landscape
from nst_server.bench.launches import launches
from nst_server.bench.measuring import described, iterates, seconds
from nst_server.bench.networks import Convolutions
from nst_server.engine.canvas.margin import with_margin
from nst_server.engine.compile_ahead import Compiler
from nst_server.engine.method import MethodKey
from nst_server.engine.painter import Painter
from nst_server.engine.planning.pace import MOST_ON_GPU, Pace
from nst_server.engine.planning.schedule import scales
from nst_server.host import weight_files as weights_files
from nst_server.host.program_cache import ProgramCache
from nst_server.values.settings import Settings, StyleLossName

_COUNTED = 16
"""Steps whose launches and waits are counted."""


def run(
    weights: str, sizes: Sequence[Sequence[int]], rounds: int, burst: int, warm_up: int
) -> Figures:
    """Time step and convolutions in turn, ``burst`` of each per round, at every size."""
    painter = Painter(Path(weights))
    settings = Settings.of_preset(
        "standard",
        coarsest=0,
        size="full",
        tile="none",
        iterations=warm_up + rounds * burst,
    )
    description = described(painter, landscape(*sizes[0]), settings)
    backbone, file = weights_files.find(description["backbone"], Path(weights))
    layers = MethodKey.of(settings, backbone, description["precision"]).layers.names
    convolutions = Convolutions(
        backbone, file, max(layers), pooling=settings.pooling, precision=description["precision"]
    )
    results = [
        _at_size(painter, settings, convolutions, (width, height), rounds, burst, warm_up)
        for width, height in sizes
    ]
    first = results[0]
    sent = _sent(Path(weights), settings, sizes[0])
    keys = ("mpx_it_per_s", "over_convolutions", "spread")
    return {
        **{key: first[key] for key in keys},
        **description,
        **sent,
        "deepest": max(layers),
        "sizes": results,
    }


def _sent(weights: Path, settings: Settings, size: Sequence[int]) -> Figures:
    """Count what a step has the device do, compiled and not, and how often the host waits.

    As on a GPU the host waits for some steps together; here that takes no time.
    """
    width, height = size
    content, style = landscape(width, height), landscape(height, width)
    counts: dict[str, float] = {}
    compilers = {name: Compiler(name, ProgramCache(None)) for name in ("never", "always")}
    for name, compiler in compilers.items():
        pace = Pace(MOST_ON_GPU, seconds=math.inf)
        painter = Painter(weights, compiler, pace)
        painted = iterates(painter, content, style, replace(settings, iterations=2 * _COUNTED + 8))
        for _ in range(_COUNTED):
            next(painted)
        before = pace.waits
        counted = launches(lambda painted=painted: [next(painted) for _ in range(_COUNTED)])  # type: ignore[misc]
        counts[name] = counted / _COUNTED
        counts["waits"] = (pace.waits - before) / _COUNTED
    return {
        "launches_per_step": counts["always"],
        "launches_per_plain_step": counts["never"],
        "host_waits_per_step": counts["waits"],
        "programs": compilers["always"].programs,
    }


def _at_size(
    painter: Painter,
    settings: Settings,
    convolutions: Convolutions,
    size: tuple[int, int],
    rounds: int,
    burst: int,
    warm_up: int,
) -> Figures:
    width, height = size
    picture = landscape(width, height)
    style = landscape(height, width)
    # A step paints a margin too, so the convolutions get one.
    finest = scales(width, height, settings)[-1]
    batch = with_margin(tf.convert_to_tensor(picture)[tf.newaxis], finest)
    upstream = convolutions.upstream(batch)

    def step(style_loss: StyleLossName) -> Callable[[], Any]:
        changed = replace(settings, style_loss=style_loss)
        painted = iterates(painter, picture, style, changed)
        return lambda: next(painted)

    works: dict[str, Callable[[], Any]] = {
        "convolutions": lambda: convolutions.gradient(batch, upstream),
        "standard": step(settings.style_loss),
        "gram": step("gram"),
    }
    for work in works.values():
        seconds(lambda work=work: [work() for _ in range(warm_up)])  # type: ignore[misc]
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken = seconds(lambda work=work: [work() for _ in range(burst)])  # type: ignore[misc]
            times[name].append(taken / burst)
    medians = {name: statistics.median(values) for name, values in times.items()}
    megapixels = width * height / 1e6

    def ratios(name: str) -> list[float]:
        pairs = zip(times[name], times["convolutions"], strict=True)
        return [taken / bare for taken, bare in pairs]

    return {
        **summary(
            {
                "mpx_it_per_s": [megapixels / taken for taken in times["standard"]],
                "over_convolutions": ratios("standard"),
                "gram_over_convolutions": ratios("gram"),
            }
        ),
        # The ratio of medians, which one slow round cannot move.
        "over_convolutions": medians["standard"] / medians["convolutions"],
        "gram_over_convolutions": medians["gram"] / medians["convolutions"],
        "width": width,
        "height": height,
        "seconds": medians,
    }
