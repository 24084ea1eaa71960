"""``classic``: time until the loss that the notebook's loop ends with is reached."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from nst_server.bench.benchmark import Benchmark, Figures, Options, Row, spread_in_words
from nst_server.bench.chart import Panel, Series
from nst_server.bench.child import measured

CURVE = "classic_curve.json"
"""File of the notebook's losses for the built-in pictures, by network; see docs/README.md."""


def _measure(options: Options) -> Figures:
    builtin = not (options.quick or options.content or options.style)
    return measured(
        "classic_process",
        options,
        weights=str(options.home.weights),
        content=_text(options.content),
        style=_text(options.style),
        curves=stored_curves() if builtin else {},
        **(
            {"longest": 96, "eager": 3, "iterations": 25, "repeats": 1}
            if options.quick
            else {"longest": 512, "eager": 30, "iterations": 1000, "repeats": 2}
        ),
    )


def stored_curves() -> dict[str, list[float]]:
    """Curves shipped with the package, by network."""
    file = resources.files("nst_server.bench") / CURVE
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


def _rows(figures: Figures) -> list[Row]:
    size = f"{figures['width']}×{figures['height']}"
    ratio = figures["time_ratio_to_equal_loss"]
    return [
        Row(
            f"Notebook's loop, {size}, {figures['notebook_iterations']} iterations, float32",
            f"{figures['notebook_s']:.0f} s to loss {figures['loss_wanted']:.4g}",
            spread_in_words(figures, "notebook_s_per_it", "s/it"),
        ),
        Row(
            f"Ours to the same loss, {figures['way']}",
            f"{figures['seconds']:.1f} s to loss {figures['loss_reached']:.4g}",
            spread_in_words(figures, "seconds", "s", 1),
        ),
        Row(
            "Time to equal loss, notebook ÷ ours",
            "not reached" if ratio is None else f"{ratio:.1f}",
            "" if ratio is None else spread_in_words(figures, "time_ratio_to_equal_loss", digits=1),
            "≥ 25",
        ),
    ]


def _panel(figures: Figures) -> Panel:
    def points(name: str) -> list[tuple[float, float]]:
        return [(x, y) for x, y in figures["curves"][name] if x > 0]

    return Panel(
        title=f"Loss against time, {figures['width']} by {figures['height']} pixels",
        x_label="seconds",
        y_label="loss (notebook's objective)",
        series=(
            Series(f"notebook, {figures['notebook_s']:.0f} s", points("notebook")),
            Series(f"{figures['way']}, {figures['seconds']:.3g} s", points("ours")),
        ),
        x_logarithmic=True,
        y_logarithmic=True,
        level=figures["loss_wanted"],
    )


BENCHMARK = Benchmark("classic", _measure, _rows, _panel)
