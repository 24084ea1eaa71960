"""Line charts as PNG, drawn with Pillow, which is installed anyway; two plots need no more."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_FINE = 3
"""Charts are drawn this many times as large and then reduced, so that lines are smooth."""

_WIDTH, _HEIGHT = 760, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 28, 56, 66
_INK, _FAINT, _GRID, _BAND = "#22262b", "#6b737c", "#e3e6ea", "#eef4ea"
_COLORS = ("#c0392b", "#1f6fb2", "#2e8b57", "#8e5ea2", "#c98a1b", "#4a5560")
"""Colors of the lines; a chart may have as many lines as this."""


@dataclass(frozen=True)
class Series:
    """A line with its name."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


@dataclass(frozen=True)
class Panel:
    """One chart."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    x_logarithmic: bool = False
    y_logarithmic: bool = False
    level: float | None = None
    """A dashed line at this height."""
    band: tuple[float, float] | None = None
    """A shaded range of heights."""
    from_zero: bool = False
    """True if heights begin at 0."""


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    logarithmic: bool

    def share(self, value: float) -> float:
        """Position of ``value`` between low (0) and high (1)."""
        scale: Callable[[float], float] = math.log10 if self.logarithmic else float
        return (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))

    def ticks(self) -> list[float]:
        """Round numbers on the axis, four to ten of them."""
        if not self.logarithmic:
            step = _round_step((self.high - self.low) / 5)
            first = math.ceil(self.low / step - 1e-9)
            return [step * n for n in range(first, math.floor(self.high / step + 1e-9) + 1)]
        on_axis: list[float] = []
        for digits in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            candidates = [digit * 10.0**power for power in powers for digit in digits]
            on_axis = [tick for tick in candidates if self.low <= tick <= self.high]
            if len(on_axis) >= 4:
                break
        if len(on_axis) < 3:  # less than a decade, with too few round numbers in it
            return _Axis(self.low, self.high, logarithmic=False).ticks()
        return on_axis


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Write the panels, one below the other, as a PNG."""
    sheet = Image.new("RGB", (_WIDTH, _HEIGHT * len(panels)), "white")
    for number, panel in enumerate(panels):
        sheet.paste(_drawn(panel), (0, number * _HEIGHT))
    sheet.save(path, "PNG", optimize=True)


def _drawn(panel: Panel) -> Image.Image:
    image = Image.new("RGB", (_WIDTH * _FINE, _HEIGHT * _FINE), "white")
    pen = _Pen(ImageDraw.Draw(image))
    points = [point for series in panel.series for point in series.points]
    heights = [y for _, y in points] + list(panel.band or ())
    heights += [] if panel.level is None else [panel.level]
    x_axis = _fitted([x for x, _ in points], panel.x_logarithmic, 0.02)
    y_axis = _fitted(heights, panel.y_logarithmic, 0.06)
    if panel.from_zero:
        y_axis = _Axis(0.0, y_axis.high, logarithmic=False)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + x_axis.share(x) * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - y_axis.share(y) * (_HEIGHT - _TOP - _BOTTOM),
        )

    left, right = x_axis.low, x_axis.high
    if panel.band is not None:
        pen.box(place(left, panel.band[1]), place(right, panel.band[0]), _BAND)
    for tick in y_axis.ticks():
        pen.line([place(left, tick), place(right, tick)], _GRID, 1)
        pen.text((_LEFT - 10, place(left, tick)[1]), _number(tick), "rm", _FAINT, 13)
    for tick in x_axis.ticks():
        x, y = place(tick, y_axis.low)
        pen.line([(x, _TOP), (x, y)], _GRID, 1)
        pen.text((x, y + 10), _number(tick), "ma", _FAINT, 13)
    pen.line([place(left, y_axis.low), place(right, y_axis.low)], _FAINT, 1)
    if panel.level is not None:
        pen.dashes(place(left, panel.level), place(right, panel.level), _FAINT)
    for series, color in zip(panel.series, _COLORS[: len(panel.series)], strict=True):
        placed = [place(x, y) for x, y in series.points]
        pen.line(placed, color, 2.5)
        for dot in placed if series.dots else placed[-1:]:
            pen.dot(dot, color)
    pen.text((_LEFT, 18), panel.title, "la", _INK, 18)
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    pen.text((middle, _HEIGHT - 18), panel.x_label, "ms", _INK, 14)
    _write_upwards(image, panel.y_label)
    if len(panel.series) > 1:
        lines = [[place(x, y) for x, y in series.points] for series in panel.series]
        _legend(pen, panel.series, lines)
    return image.resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)


class _Pen:
    """Draws in pixels of the final, reduced chart."""

    def __init__(self, drawing: ImageDraw.ImageDraw) -> None:
        self._drawing = drawing

    def line(self, points: Sequence[tuple[float, float]], color: str, width: float) -> None:
        scaled = [(x * _FINE, y * _FINE) for x, y in points]
        self._drawing.line(scaled, color, round(width * _FINE), joint="curve")

    def dashes(self, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
        x = start[0]
        while x < end[0]:
            self.line([(x, start[1]), (min(x + 6, end[0]), start[1])], color, 1.2)
            x += 11

    def box(self, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
        corners = [coordinate * _FINE for coordinate in (*start, *end)]
        self._drawing.rectangle(corners, color)

    def dot(self, center: tuple[float, float], color: str) -> None:
        x, y = center[0] * _FINE, center[1] * _FINE
        radius = 4 * _FINE
        self._drawing.ellipse([x - radius, y - radius, x + radius, y + radius], color)

    def text(
        self, at: tuple[float, float], words: str, anchor: str, color: str, size: float
    ) -> None:
        font = ImageFont.load_default(size * _FINE)
        place = (at[0] * _FINE, at[1] * _FINE)
        self._drawing.text(place, words, color, font=font, anchor=anchor)


def _write_upwards(image: Image.Image, words: str) -> None:
    strip = Image.new("RGB", ((_HEIGHT - _TOP - _BOTTOM) * _FINE, 22 * _FINE), "white")
    _Pen(ImageDraw.Draw(strip)).text((strip.width / 2 / _FINE, 11), words, "mm", _INK, 14)
    image.paste(strip.rotate(90, expand=True), (8 * _FINE, _TOP * _FINE))


def _legend(
    pen: _Pen, series: Sequence[Series], lines: Sequence[Sequence[tuple[float, float]]]
) -> None:
    """Draw the legend at the lower left or upper right, where falling lines leave more room."""
    font = ImageFont.load_default(14)
    width = 52 + max(font.getlength(entry.name) for entry in series)
    height = 22 * len(series)
    corners = (_LEFT, _HEIGHT - _BOTTOM - 80 - height), (_WIDTH - _RIGHT - width, _TOP + 16)

    def covered(corner: tuple[float, float]) -> int:
        left, top = corner
        return sum(
            left <= x <= left + width and top - 11 <= y <= top + height
            for line in lines
            for start, end in pairwise(line)
            for x, y in _between(start, end)
        )

    left, top = min(corners, key=covered)
    for number, (entry, color) in enumerate(zip(series, _COLORS[: len(series)], strict=True)):
        y = top + 22 * number
        pen.line([(left + 16, y), (left + 42, y)], color, 2.5)
        pen.text((left + 52, y), entry.name, "lm", _INK, 14)


def _between(start: tuple[float, float], end: tuple[float, float]) -> Iterator[tuple[float, float]]:
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        yield start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _fitted(values: Sequence[float], logarithmic: bool, margin: float) -> _Axis:
    low, high = min(values), max(values)
    if logarithmic:
        factor = max(high / low, 1.1) ** margin
        return _Axis(low / factor, high * factor, logarithmic)
    room = margin * (high - low or abs(high) or 1.0)
    return _Axis(low - room, high + room, logarithmic)


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * 0.999)


def _number(value: float) -> str:
    if 0 < abs(value) < 1e6:
        text = f"{value:.4g}"
        return f"{float(text):,.0f}" if abs(value) >= 1000 else text
    return f"{value:.0e}".replace("e+0", "e") if value else "0"
