"""``growth``: the cost of a pixel in large pictures compared with small ones."""

from __future__ import annotations

import math

from nst_server.bench.benchmark import Benchmark, Figures, Options, Row, words_of
from nst_server.bench.chart import Panel, Series
from nst_server.bench.child import measured
from nst_server.values.errors import NeuralStyleError

_MEGAPIXELS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0)
_QUICK_MEGAPIXELS = (0.01, 0.02)
_WORK = 6.0
"""Megapixel iterations at each size, within the bounds of `_iterations`."""


def _measure(options: Options) -> Figures:
    sizes: list[Figures] = []
    for megapixels in _QUICK_MEGAPIXELS if options.quick else _MEGAPIXELS:
        options.say(f"growth: {megapixels:g} megapixels")
        # Like the sizes of users' pictures, the width lies on no grid.
        width = round(math.sqrt(megapixels * 1e6 * 4 / 3))
        try:
            measurement = measured(
                "growth_process",
                options,
                weights=str(options.home.weights),
                width=width,
                height=width * 3 // 4,
                iterations=_iterations(megapixels, options.quick),
                tile="auto",
                warm_up=not options.quick,
            )
        except NeuralStyleError as error:
            if not sizes:
                raise
            options.say(f"growth ends here: {error}")
            break
        sizes.append(measurement)
    return {
        **{
            key: [size[key] for size in sizes]
            for key in ("megapixels", "s_per_mpx_it", "peak_mb", "gpu_peak_mb", "spread")
        },
        **{key: sizes[0][key] for key in ("device", "precision", "backbone")},
        **_tiled_against_untiled(options),
    }


def _iterations(megapixels: float, quick: bool) -> int:
    return 2 if quick else min(12, max(3, round(_WORK / megapixels)))


def _tiled_against_untiled(options: Options) -> Figures:
    """Seconds per megapixel iteration of one picture in tiles and in one piece."""
    width, height, tile = (256, 192, 320) if options.quick else (1632, 1224, 1024)
    measurement = measured(
        "growth_process",
        options,
        weights=str(options.home.weights),
        width=width,
        height=height,
        iterations=2 if options.quick else 5,
        tile=tile,
        beside_untiled=True,
        warm_up=not options.quick,
    )
    tiled, untiled = measurement["s_per_mpx_it"], measurement["untiled_s_per_mpx_it"]
    return {
        "tiled_over_untiled": tiled / untiled,
        "tiled_s_per_mpx_it": tiled,
        "untiled_s_per_mpx_it": untiled,
        "tiled_megapixels": measurement["megapixels"],
        "tile": tile,
    }


def _rows(figures: Figures) -> list[Row]:
    rows = [
        Row(
            f"{megapixels:.3g} megapixels, {figures['precision']}",
            f"{taken:.2f} s per Mpx·it" + ("" if peak is None else f", {peak:.0f} MB"),
            words_of(durations),
        )
        for megapixels, taken, peak, durations in zip(
            *(figures[key] for key in ("megapixels", "s_per_mpx_it", "peak_mb", "spread")),
            strict=True,
        )
    ]
    times = figures["s_per_mpx_it"]
    return [
        *rows,
        Row(
            "All sizes ÷ the smallest",
            f"{min(times) / times[0]:.2f} – {max(times) / times[0]:.2f}",
            "",
            "≤ 1.2",
        ),
        Row(
            f"Tiled ÷ untiled, {figures['tiled_megapixels']:.3g} megapixels, "
            f"tiles of {figures['tile']} px",
            f"{figures['tiled_over_untiled']:.2f}",
            "",
            "≤ 1.4",
        ),
    ]


def _panel(figures: Figures) -> Panel:
    points = list(zip(figures["megapixels"], figures["s_per_mpx_it"], strict=True))
    return Panel(
        title=f"Time of a pixel against size, {figures['precision']}",
        x_label="megapixels",
        y_label="seconds per megapixel iteration",
        series=(Series("measured", points, dots=True),),
        x_logarithmic=True,
        band=(0.0, 1.2 * figures["s_per_mpx_it"][0]),
        from_zero=True,
    )


BENCHMARK = Benchmark("growth", _measure, _rows, _panel)
