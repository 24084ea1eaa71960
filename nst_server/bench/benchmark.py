"""What a benchmark is: it measures, and says what its figures mean to people."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_server.bench.chart import Panel
from nst_server.host.home import Home

Figures = dict[str, Any]
"""What was measured, as a JSON object; the keys of a benchmark stay."""


@dataclass(frozen=True)
class Options:
    """What all benchmarks are told."""

    home: Home
    quick: bool = False
    """Tiny sizes and few repeats: only to see that it works."""
    content: Path | None = None
    """Pictures in place of the built-in ones, where a benchmark paints."""
    style: Path | None = None
    say: Callable[[str], None] = print
    """Tells a waiting person what goes on."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    value: str
    spread: str = ""
    aim: str = ""


@dataclass(frozen=True)
class Benchmark:
    """A benchmark by its name."""

    name: str
    """As in `nst_server.bench.ABOUT`."""
    measure: Callable[[Options], Figures]
    rows: Callable[[Figures], Sequence[Row]]
    panel: Callable[[Figures], Panel] | None = None


def spread(values: Sequence[float]) -> dict[str, float | int]:
    """Median and extremes of repeats."""
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "repeats": len(values),
    }


def summary(repeats: dict[str, Sequence[float]]) -> Figures:
    """The median of each figure under its own name, and all of `spread` under ``spread``."""
    spreads = {name: spread(values) for name, values in repeats.items()}
    return {**{name: found["median"] for name, found in spreads.items()}, "spread": spreads}


def spread_in_words(figures: Figures, name: str, unit: str = "", digits: int = 2) -> str:
    """Extremes of one figure of a `summary`, for the table."""
    return words_of(figures["spread"][name], unit, digits)


def words_of(found: Mapping[str, float], unit: str = "", digits: int = 2) -> str:
    """A `spread`, for the table."""
    extremes = f"{found['min']:.{digits}f} – {found['max']:.{digits}f} {unit}".strip()
    return f"{extremes}, {found['repeats']}×"
