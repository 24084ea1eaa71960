"""The evidence behind the presets: ``python -m nst_server.bench.presets FOLDER PHOTOGRAPH…``.

Paints every photograph in sample styles, in several ways and at about equal work, judges
all results as ``nst bench quality`` does, and writes into FOLDER a table of means (presets.md), a
plot of style against content (presets.png), a sheet of some pairs (presets.jpg) and one per pair.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from nst_server.bench.chart import Panel, Series, draw
from nst_server.bench.judge import Judge, Quality
from nst_server.engine.canvas.picture import Picture, Style
from nst_server.engine.painter import Painter
from nst_server.host.home import Home
from nst_server.pictures import sample_styles
from nst_server.pictures.contact_sheet import contact_sheet
from nst_server.values.settings import Settings

SIDE = 256
STYLES = ("swirls", "brushwork")
STRENGTHS = (35.0, 50.0, 65.0)

WAYS: dict[str, dict[str, object]] = {
    "Gram, Adam, max": {"style_loss": "gram", "optimizer": "adam", "pooling": "max"},
    "Wasserstein, Adam, max": {"optimizer": "adam", "pooling": "max"},
    "Wasserstein, L-BFGS, max": {"pooling": "max"},
    "Wasserstein, L-BFGS, average": {"pooling": "average"},
    "Wasserstein, L-BFGS, mixed": {},
}
"""Settings that are compared at equal iterations; the last is the preset standard."""


@dataclass(frozen=True)
class Trial:
    """One painting: its settings, its inputs and its quality."""

    way: str
    strength: float
    photograph: str
    style: str
    seconds: float
    quality: Quality


def trials(
    photographs: dict[str, Image.Image], styles: dict[str, Image.Image], home: Home
) -> Iterator[tuple[Trial, Image.Image]]:
    """Paint and judge every pair in every way at every strength."""
    painter, judge = Painter(home.weights), Judge(home.weights)
    for photograph, image in photographs.items():
        content = _picture(image)
        for name, picture in styles.items():
            style = _picture(picture)
            for way, changes in WAYS.items():
                for strength in STRENGTHS:
                    settings = Settings.of_preset(
                        "standard", size="full", strength=strength, **changes
                    )
                    before = time.monotonic()
                    (*_, last) = painter.stylize(content, [Style(style)], settings)
                    result = last.result()
                    seconds = time.monotonic() - before
                    quality = judge.judge(content, [style], Picture(result))
                    trial = Trial(way, strength, photograph, name, seconds, quality)
                    yield trial, Image.fromarray(np.rint(result * 255).astype(np.uint8))


def main(words: list[str]) -> int:
    """Paint, judge and write everything; print each result as soon as it is judged."""
    folder, *files = map(Path, words)
    folder.mkdir(parents=True, exist_ok=True)
    photographs = {file.stem: _shrunk(Image.open(file)) for file in files}
    styles = {name: _shrunk(sample_styles.paint(name)) for name in STYLES}
    completed: list[Trial] = []
    panels_of_pairs: dict[tuple[str, str], list[tuple[Image.Image, str]]] = {}
    for trial, image in trials(photographs, styles, Home.default()):
        completed.append(trial)
        print(json.dumps(asdict(trial)), flush=True)
        if trial.strength == Settings().strength:
            panels = panels_of_pairs.setdefault((trial.photograph, trial.style), [])
            panels.append((image, f"{trial.way}\n{_in_words(trial.quality)}"))
    selection: list[tuple[Image.Image, str]] = []
    for number, ((photograph, style), panels) in enumerate(panels_of_pairs.items()):
        row = [(photographs[photograph], photograph), (styles[style], style), *panels]
        contact_sheet(row).save(folder / f"{photograph}-{style}.jpg", quality=88)
        # One pair of each photograph, with the styles in turn.
        if number % len(STYLES) == number // len(STYLES) % len(STYLES):
            selection += row
    contact_sheet(selection, 2 + len(WAYS)).save(folder / "presets.jpg", quality=88)
    (folder / "presets.json").write_text(
        json.dumps([asdict(trial) for trial in completed], indent=1)
    )
    (folder / "presets.md").write_text(_table(completed), encoding="utf-8")
    draw([_plot(completed)], folder / "presets.png")
    return 0


def _mean(completed: list[Trial], way: str, strength: float, quantity: str) -> float:
    """Mean of one figure of quality over all pairs."""
    return statistics.fmean(
        getattr(trial.quality, quantity)
        for trial in completed
        if (trial.way, trial.strength) == (way, strength)
    )


def _table(completed: list[Trial]) -> str:
    """The means as a Markdown table."""
    lines = ["| way | strength | style | content | noise | border |", "|---|---|---|---|---|---|"]
    for way in WAYS:
        for strength in STRENGTHS:
            style, content, noise, border = (
                _mean(completed, way, strength, quantity)
                for quantity in (
                    "style_distance",
                    "content_distance",
                    "noise_ratio",
                    "border_ratio",
                )
            )
            figures = f"{style:.3f} | {content:.3f} | {noise:.2f} | {border:.2f}"
            lines.append(f"| {way} | {strength:.0f} | {figures} |")
    return "\n".join(lines) + "\n"


def _plot(completed: list[Trial]) -> Panel:
    """Plot style against content by strength, as means of all pairs; lower left is better."""
    return Panel(
        "Style against content, mean of all pairs, by strength",
        "content distance at held-out layers",
        "style distance at held-out layers",
        tuple(
            Series(
                way,
                [
                    (
                        _mean(completed, way, strength, "content_distance"),
                        _mean(completed, way, strength, "style_distance"),
                    )
                    for strength in STRENGTHS
                ],
                dots=True,
            )
            for way in WAYS
        ),
    )


def _in_words(quality: Quality) -> str:
    return f"style {quality.style_distance:.2f}, content {quality.content_distance:.2f}"


def _shrunk(image: Image.Image) -> Image.Image:
    image = image.convert("RGB")
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return image


def _picture(image: Image.Image) -> Picture:
    return Picture(np.asarray(np.asarray(image) / 255, np.float32))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
