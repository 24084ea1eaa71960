"""Two builds in turn on pairs of photograph and style: time, work, memory and judged quality."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from PIL import Image

from nst_server.bench.benchmark import Figures, Options, Row, spread, words_of
from nst_server.bench.builds import Build
from nst_server.bench.child import measured
from nst_server.bench.machine import machine, versions
from nst_server.bench.pairs import PicturePair
from nst_server.pictures.contact_sheet import contact_sheet

SIDES = ("other", "this")
"""Names of the two builds in figures and file names; ratios are this ÷ other."""

COMPARED = {
    "seconds": "Wall time, worker warm",
    "cpu_s": "Processor time of the worker",
    "work": "Work, iterations × megapixels",
    "style_distance": "Style distance",
    "content_distance": "Content distance",
    "noise_ratio": "Noise",
    "border_ratio": "Border",
}
"""Figures of a painting that are compared, in words for the table."""

_JUDGED = ("style_distance", "content_distance")
_CAPTIONED = ("seconds", *_JUDGED, "noise_ratio")
_UNJUDGED = 1e-9


@dataclass(frozen=True)
class BuildComparison:
    """The pairs that are painted, at which size, and where the paintings go."""

    pairs: Sequence[PicturePair]
    size: int
    folder: Path

    def painting(self, pair: PicturePair, side: str) -> Path:
        """File of the painting of a pair by the build of one side."""
        return self.folder / f"{pair.name}-{side}.png"

    def measure(self, builds: dict[str, Build], options: Options) -> Figures:
        """Paint every pair by both builds in turn, then judge all. Raises `NeuralStyleError`.

        Each build has painted the first pair before, so that its worker is warm. Which build goes
        first changes from pair to pair.
        """
        begun = time.monotonic()
        found: dict[str, Any] = {"date": time.strftime("%Y-%m-%d"), "machine": machine()}
        for side, build in builds.items():
            options.say(f"compare: {side} build warms up")
            self._paint(build, self.pairs[0], side)
        painted: list[dict[str, Figures]] = []
        for number, pair in enumerate(self.pairs):
            options.say(f"compare: {pair.name}, {number + 1} of {len(self.pairs)}")
            order = SIDES if number % 2 else SIDES[::-1]
            painted.append({side: self._paint(builds[side], pair, side) for side in order})
        self._judge(painted, options)
        return {
            **found,
            "versions": versions(),
            "size": self.size,
            "words": {side: list(build.words) for side, build in builds.items()},
            "pairs": [
                {"name": pair.name, **by_side}
                for pair, by_side in zip(self.pairs, painted, strict=True)
            ],
            **summarized(painted),
            "took_s": time.monotonic() - begun,
        }

    def sheet(self, figures: Figures) -> Image.Image:
        """Each pair in a row: photograph, style, and both paintings with their figures."""
        panels = []
        for pair, found in zip(self.pairs, figures["pairs"], strict=True):
            panels += [
                (Image.open(pair.content), pair.content.stem),
                (Image.open(pair.style), pair.style.stem),
            ]
            for side in SIDES:
                seconds, style, content, noise = (found[side][name] for name in _CAPTIONED)
                caption = (
                    f"{side} build: {seconds:.1f} s, noise {noise:.2f}\n"
                    f"style {style:.3f}, content {content:.3f}"
                )
                panels.append((Image.open(self.painting(pair, side)), caption))
        return contact_sheet(panels)

    def _paint(self, build: Build, pair: PicturePair, side: str) -> Figures:
        return build.paint(pair.content, pair.style, self.painting(pair, side), self.size)

    def _judge(self, painted: list[dict[str, Figures]], options: Options) -> None:
        """Add the judge's figures to those of the paintings."""
        options.say("compare: judging")
        files = [
            [str(file) for file in (pair.content, pair.style, self.painting(pair, side))]
            for pair in self.pairs
            for side in SIDES
        ]
        weights = str(options.home.weights)
        judged = measured("judging_process", options, weights=weights, paintings=files)["judged"]
        ordered = chain.from_iterable([by_side[side] for side in SIDES] for by_side in painted)
        for found, quality in zip(ordered, judged, strict=True):
            found.update(quality)


def summarized(painted: Sequence[dict[str, Any]]) -> Figures:
    """The ratios of each figure, in how many pairs this build is judged no worse, and the peaks."""
    return {
        "ratios": _ratios(painted),
        "no_worse": {
            name: sum(_ratio(by_side, name) <= 1.0 for by_side in painted) for name in _JUDGED
        },
        "peak_mb": {side: _largest_peak(painted, side) for side in SIDES},
    }


def rows(figures: Figures) -> list[Row]:
    """The ratios as lines of a table: their median, and from where to where they go."""
    result = [
        Row(what, f"{ratio['median']:.3f}", words_of(ratio, digits=3))
        for name, what in COMPARED.items()
        if (ratio := figures["ratios"].get(name)) is not None
    ]
    pairs = len(figures["pairs"])
    for name in _JUDGED:
        mean = figures["ratios"][name]["mean_ratio"]
        no_worse = f"{figures['no_worse'][name]} of {pairs}"
        result.append(Row(f"{COMPARED[name]} no worse; ratio of means", f"{no_worse}; {mean:.3f}"))
    other, this = (figures["peak_mb"][side] for side in SIDES)
    if other is not None and this is not None:
        peaks = f"{other:.0f} → {this:.0f} MB"
        result.append(Row("Peak memory of the worker", f"{this / other:.3f}", peaks))
    return result


def markdown(figures: Figures) -> str:
    """All of a comparison as Markdown: where, the ratios, and the figures of each pair."""
    found, words = figures["machine"], figures["words"]
    added = "; ".join(f"{side} build: {' '.join(words[side]) or 'as it is'}" for side in SIDES)
    lines = [
        f"{found['processor']}, {found['cores']} cores, load {found['load'] or 0:.1f} at the start;"
        f" {found['system']}; TensorFlow {figures['versions']['tensorflow']}; {figures['date']}; "
        f"{figures['size']} pixels; {added}",
        "",
        "| this ÷ other | Median | From – to, pairs |",
        "| --- | --- | --- |",
        *(f"| {row.what} | {row.value} | {row.spread} |" for row in rows(figures)),
        "",
        "| other → this | " + " | ".join(COMPARED.values()) + " |",
        "| --- |" + " --- |" * len(COMPARED),
    ]
    for pair in figures["pairs"]:
        cells = (" → ".join(_in_words(pair[side][name]) for side in SIDES) for name in COMPARED)
        lines.append(f"| {pair['name']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _in_words(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _largest_peak(painted: Sequence[dict[str, Any]], side: str) -> float | None:
    """Largest peak of a side's workers: one that waits for the other build may end meanwhile."""
    peaks = [by_side[side]["peak_mb"] for by_side in painted]
    return None if None in peaks else max(peaks)


def _ratio(by_side: dict[str, Any], name: str) -> float:
    """This ÷ other; 1 if both are nothing, as for a photograph that is left as it is."""
    other, this = (float(by_side[side][name]) for side in SIDES)
    return (this + _UNJUDGED) / (other + _UNJUDGED)


def _ratios(painted: Sequence[dict[str, Any]]) -> Figures:
    """Spread of the ratio of each figure, and the ratio of the means; None if it is not known."""

    def of(name: str) -> Figures | None:
        if any(by_side[side][name] is None for by_side in painted for side in SIDES):
            return None
        ratios = [_ratio(by_side, name) for by_side in painted]
        means = {
            side: {name: statistics.fmean(by_side[side][name] for by_side in painted)}
            for side in SIDES
        }
        return {**spread(ratios), "mean_ratio": _ratio(means, name)}

    return {name: of(name) for name in COMPARED}
