"""The parts of a benchmark: a measurement, and the presentation of its figures to people."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_server.bench.chart import Panel
from nst_server.host.home import Home

Figures = dict[str, Any]
"""Measured values as a JSON object; the keys of a benchmark never change."""


@dataclass(frozen=True)
class Options:
    """Options of all benchmarks."""

    home: Home
    quick: bool = False
    """Use tiny sizes and few repeats, only to see that it works."""
    content: Path | None = None
    """Picture to paint in place of the built-in one; likewise `style`."""
    style: Path | None = None
    say: Callable[[str], None] = print
    """Shows progress to the waiting user."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    value: str
    spread: str = ""
    aim: str = ""


@dataclass(frozen=True)
class Benchmark:
    """A benchmark with its name."""

    name: str
    """A key of `nst_server.bench.ABOUT`."""
    measure: Callable[[Options], Figures]
    rows: Callable[[Figures], Sequence[Row]]
    panel: Callable[[Figures], Panel] | None = None


def spread(values: Sequence[float]) -> dict[str, float | int]:
    """Median, extremes and number of repeated measurements."""
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "repeats": len(values),
    }


def summary(repeats: dict[str, Sequence[float]]) -> Figures:
    """The median of each figure under its name, and the `spread` of all under ``spread``."""
    spreads = {name: spread(values) for name, values in repeats.items()}
    return {**{name: measured["median"] for name, measured in spreads.items()}, "spread": spreads}


def spread_in_words(figures: Figures, name: str, unit: str = "", digits: int = 2) -> str:
    """Extremes and repeats of one figure of a `summary`, as text for the table."""
    return words_of(figures["spread"][name], unit, digits)


def words_of(measured: Mapping[str, float], unit: str = "", digits: int = 2) -> str:
    """Extremes and repeats of a `spread`, as text for the table."""
    extremes = f"{measured['min']:.{digits}f} – {measured['max']:.{digits}f} {unit}".strip()
    return f"{extremes}, {measured['repeats']}×"
