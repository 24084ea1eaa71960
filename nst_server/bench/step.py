"""``step``: a whole step of the engine compared with the convolutions that it needs."""

from __future__ import annotations

from collections.abc import Sequence

from nst_server.bench.benchmark import Benchmark, Figures, Options, Row, spread_in_words
from nst_server.bench.child import measured
from nst_server.bench.photographs import programs_for

_SIZES = ((512, 384), (1024, 768))
_COUNTED_AT = (512, 1024)
"""Settings of the size for which the programs of 200 photographs are counted."""

_WARM_UP = 11
"""Steps that are not timed: after ten of them L-BFGS has its full memory and cost."""


def _measure(options: Options) -> Figures:
    if options.quick:
        sizes: Sequence[tuple[int, int]] = ((128, 96),)
        rounds, burst, warm_up = 2, 1, 1
    else:
        sizes, rounds, burst, warm_up = _SIZES, 7, 3, _WARM_UP
    figures = measured(
        "step_process",
        options,
        weights=str(options.home.weights),
        sizes=sizes,
        rounds=rounds,
        burst=burst,
        warm_up=warm_up,
    )
    counts = {size: programs_for(size) for size in _COUNTED_AT}
    return {
        **figures,
        "photographs": [
            {"size": size, "programs": programs, "work_added": added}
            for size, (programs, added) in counts.items()
        ],
    }


def _rows(figures: Figures) -> list[Row]:
    rows = []
    for size in figures["sizes"]:
        where = f"{size['width']}×{size['height']}, {figures['precision']}"
        rows += [
            Row(
                f"Step, {where}",
                f"{size['mpx_it_per_s']:.2f} Mpx·it/s",
                spread_in_words(size, "mpx_it_per_s"),
                "≥ 1.0",
            ),
            Row(
                f"Step ÷ its convolutions alone, {where}",
                f"{size['over_convolutions']:.2f}",
                spread_in_words(size, "over_convolutions"),
                "≤ 1.2",
            ),
            Row(
                f"The same with Gram matrices, {where}",
                f"{size['gram_over_convolutions']:.2f}",
                spread_in_words(size, "gram_over_convolutions"),
            ),
        ]
    width, height = figures["sizes"][0]["width"], figures["sizes"][0]["height"]
    rows += [
        Row(
            f"Operations sent for a step, {width}×{height}, compiled",
            f"{figures['launches_per_step']:.0f}, {figures['programs']} program",
            f"not compiled {figures['launches_per_plain_step']:.0f}",
            "≤ 1/10",
        ),
        Row("Waits of the host for a step", f"{figures['host_waits_per_step']:.2f}", "", "≤ 0.25"),
    ]
    rows += [
        Row(
            f"Programs for 200 photographs at {counted['size']} pixels",
            f"{counted['programs']}, {counted['work_added']:.1%} of work added",
            "",
            "≤ 40, ≤ 6 %",
        )
        for counted in figures["photographs"]
    ]
    return rows


BENCHMARK = Benchmark("step", _measure, _rows)
