"""Planes of noise, palettes and brush strokes: what the sample styles are painted with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SIDE = 768
"""Pixels. Width and height of a sample style."""

FINE = 2 * SIDE
"""Pixels. Width and height of the canvas while it is painted."""

Field = NDArray[np.floating[Any]]
"""A plane of the canvas (rows, columns), or three of them (rows, columns, RGB in 0 to 1)."""


def grid(side: int = FINE) -> tuple[Field, Field]:
    """Column and row coordinates of all pixels, in 0 to 1."""
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side
    x, y = np.meshgrid(axis, axis)
    return x, y


def noise(random: np.random.Generator, cells: int, octaves: int = 1, side: int = FINE) -> Field:
    """Smooth noise, each octave twice as fine and half as strong; mean 0, deviation 1."""
    total = np.zeros((side, side), np.float32)
    for octave in range(octaves):
        count = cells * 2**octave
        coarse = Image.fromarray(random.standard_normal((count, count)).astype(np.float32))
        total += np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC)) / 2**octave
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def palette(colors: str) -> Field:
    """Colors from hexadecimal codes separated by spaces."""
    values = [[int(color[i : i + 2], 16) for i in (0, 2, 4)] for color in colors.split()]
    return np.asarray(values, np.float32) / 255


def shade(position: Field, palette: Field) -> Field:
    """Interpolate colors along a palette: 0 is its first color, 1 its last."""
    place = np.clip(position, 0, 1) * (len(palette) - 1)
    low = np.minimum(place.astype(np.intp), len(palette) - 2)
    share = (place - low)[..., None]
    return np.asarray(palette[low] * (1 - share) + palette[low + 1] * share, np.float32)


def blur(plane: Field, radius: float) -> Field:
    """The plane blurred by a Gaussian of that radius, in pixels."""
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    small = max(1, int(min(8, radius / 2)))
    size = (plane.shape[1] // small, plane.shape[0] // small)
    return gaussian(np.asarray(image.resize(size, Image.Resampling.BOX)), radius / small, plane)


def gaussian(small: Field, sigma: float, like: Field) -> Field:
    """``small`` blurred by ``sigma`` and enlarged to the size of ``like``."""
    reach = max(1, int(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-3)) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        edges = [(reach, reach) if dimension == axis else (0, 0) for dimension in (0, 1)]
        padded = np.pad(small, edges, "edge")
        length = small.shape[axis]
        small = sum(
            weight * np.take(padded, range(i, i + length), axis)
            for i, weight in enumerate(weights.astype(np.float32))
        )
    size = (like.shape[1], like.shape[0])
    return np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC), np.float32)


def streaks(random: np.random.Generator, angle: Field, length: int, grain: int = 1) -> Field:
    """Noise smeared along the directions of ``angle`` (line integral convolution)."""
    side = angle.shape[0]
    plane = noise(random, side // grain, side=side)
    across, down = np.cos(angle), np.sin(angle)
    rows, columns = np.indices(angle.shape, np.float32)
    total = plane.copy()
    for sense in (1.0, -1.0):
        x, y = columns.copy(), rows.copy()
        for _ in range(length):
            i = np.clip(y, 0, side - 1).astype(np.intp)
            j = np.clip(x, 0, side - 1).astype(np.intp)
            x += sense * across[i, j]
            y += sense * down[i, j]
            total += plane[
                np.clip(y, 0, side - 1).astype(np.intp), np.clip(x, 0, side - 1).astype(np.intp)
            ]
    return np.asarray((total - total.mean()) / total.std(), np.float32)


@dataclass(frozen=True)
class Brush:
    """A brush, in pixels of the canvas, and the arrangement of a layer of its strokes."""

    width: float
    length: float
    coverage: float
    """Area of all strokes together, as a multiple of the canvas."""
    variety: float = 0.08
    """Color difference from stroke to stroke."""
    where: Field | None = None
    """Probability, 0 to 1, of a stroke beginning at each pixel."""


class WetPaint:
    """A canvas of wet paint: its colors, and its thickness as a relief for the light to fall on."""

    def __init__(self, random: np.random.Generator, ground: Field) -> None:
        self._random = random
        self._paint = Image.fromarray(eight_bits(ground))
        self._relief = Image.new("L", self._paint.size, 96)

    def stroke(self, scene: Field, angle: Field, brush: Brush) -> None:
        """Lay one layer of strokes that follow ``angle`` in the colors of ``scene``."""
        random, side = self._random, FINE
        count = int(brush.coverage * side * side / (brush.width * brush.length))
        start = random.uniform(0, side, (count, 2)).astype(np.float32)
        if brush.where is not None:
            rows, columns = start[:, 1].astype(np.intp), start[:, 0].astype(np.intp)
            start = start[random.random(count) < brush.where[rows, columns]]
            count = len(start)
        points = 7
        path = self._follow(start, angle, brush.length / points, points)
        middle = np.clip(path[points // 2], 0, side - 1).astype(np.intp)
        colors = scene[middle[:, 1], middle[:, 0]]
        colors = colors * (1 + brush.variety * random.standard_normal((count, 1)))
        colors = colors + 0.5 * brush.variety * random.standard_normal((count, 3))
        tangent = np.gradient(path, axis=0)
        tangent /= np.linalg.norm(tangent, axis=2, keepdims=True) + 1e-6
        normal = np.stack([-tangent[..., 1], tangent[..., 0]], axis=2)
        bristles = max(3, int(brush.width / 3))
        draw, relief = ImageDraw.Draw(self._paint), ImageDraw.Draw(self._relief)
        offsets = np.linspace(-0.5, 0.5, bristles) * brush.width
        taper = np.sin(np.linspace(0.35, np.pi - 0.2, points))[:, None] ** 0.5
        tones = 1 + 0.13 * random.standard_normal((count, bristles))
        heights = np.clip(128 + 55 * random.standard_normal((count, bristles)), 10, 255)
        widths = np.maximum(2, np.round(brush.width / bristles * 1.5)).astype(int)
        for stroke in range(count):
            lines = path[:, stroke]
            for bristle in range(bristles):
                line = lines + normal[:, stroke] * (offsets[bristle] * taper)
                first = random.integers(0, 2)
                flat: Any = [tuple(point) for point in line[first : points - random.integers(0, 2)]]
                tone = np.clip(255 * colors[stroke] * tones[stroke, bristle], 0, 255)
                draw.line(flat, tuple(int(v) for v in tone), int(widths), "curve")
                relief.line(flat, int(heights[stroke, bristle]), int(widths))

    def _follow(self, start: Field, angle: Field, step: float, points: int) -> Field:
        """Points along every stroke (point, stroke, x and y)."""
        path = [start]
        for _ in range(points - 1):
            at = np.clip(path[-1], 0, FINE - 1).astype(np.intp)
            along = angle[at[:, 1], at[:, 0]]
            path.append(path[-1] + step * np.stack([np.cos(along), np.sin(along)], axis=1))
        return np.asarray(path, np.float32)

    def finish(self, relief: float) -> Image.Image:
        """The picture in slanting light."""
        color = np.asarray(self._paint, np.float32) / 255
        height = np.asarray(self._relief.filter(ImageFilter.GaussianBlur(1.2)), np.float32) / 255
        down, across = np.gradient(height)
        light = np.clip(-(across + down) * relief, -0.35, 0.35)[..., None]
        return reduced(color * (1 + light) + np.maximum(light, 0) * 0.25)


def eight_bits(color: Field) -> NDArray[np.uint8]:
    """Colors of 0 to 1 as uint8."""
    return np.asarray(np.clip(color, 0, 1) * 255 + 0.5, np.uint8)


def reduced(color: Field) -> Image.Image:
    """The finished picture, at half the size of the canvas."""
    return Image.fromarray(eight_bits(color)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
