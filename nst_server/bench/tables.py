"""Presentation of the figures of a run: a table on the terminal, Markdown, and a plot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from nst_server.bench import chart
from nst_server.bench.benchmark import Row
from nst_server.bench.registry import BENCHMARKS
from nst_server.values.errors import NeuralStyleError

_HEADINGS = ("Measured", "Median", "From – to, repeats", "Aim")


def show(run: Mapping[str, Any]) -> None:
    """Print the table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=_where(run), title_justify="left", caption_justify="left")
    for heading in _HEADINGS:
        table.add_column(heading)
    for rows in _sections(run):
        for row in rows:
            table.add_row(row.what, row.value, row.spread, row.aim)
        table.add_section()
    Console().print(table)


def markdown(run: Mapping[str, Any]) -> str:
    """The same table as Markdown."""
    lines = [_where(run), "", f"| {' | '.join(_HEADINGS)} |", "|" + " --- |" * len(_HEADINGS)]
    for rows in _sections(run):
        lines += [f"| {row.what} | {row.value} | {row.spread} | {row.aim} |" for row in rows]
    return "\n".join(lines) + "\n"


def drawn(names: Collection[str]) -> list[str]:
    """The names whose benchmarks can be plotted."""
    return [
        name
        for name, benchmark in BENCHMARKS.items()
        if benchmark.panel is not None and name in names
    ]


def check_plot(names: Collection[str]) -> None:
    """Raise `NeuralStyleError` if none of these benchmarks can be plotted."""
    if not drawn(names):
        all_drawn = " and ".join(drawn(BENCHMARKS))
        raise NeuralStyleError("bad-usage", f"Plots are of {all_drawn} only.")


def plot(run: Mapping[str, Any], path: Path) -> None:
    """Plot the benchmarks of the run that can be plotted; there must be at least one."""
    panels = [
        benchmark.panel(run[name])
        for name, benchmark in BENCHMARKS.items()
        if name in run and benchmark.panel is not None
    ]
    try:
        chart.draw(panels, path)
    except OSError as error:
        raise NeuralStyleError(
            "unwritable", f"{path} cannot be written: {error.strerror or error}."
        ) from None


def _sections(run: Mapping[str, Any]) -> Iterator[list[Row]]:
    for name, benchmark in BENCHMARKS.items():
        if name in run:
            yield list(benchmark.rows(run[name]))


def _where(run: Mapping[str, Any]) -> str:
    machine, versions = run["machine"], run["versions"]
    precision = f", {run['precision']}" if run.get("precision") else ""
    device = f" and {run['device']}" if run.get("device") not in (None, "CPU") else ""
    return (
        f"{machine['processor']}, {machine['cores']} cores{device}; {machine['system']}; "
        f"TensorFlow {versions['tensorflow']}, nst {versions['nst']}{precision}; {run['date']}"
    )
