"""The palette of a picture: where its colors lie, how far palettes are apart, and recoloring.

Colors are sRGB-encoded and looked at as lightness and two color differences, in this order. In all
three, equal steps look about equally large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_SAMPLES = 2048
"""Pixels that are looked at, about: more tell no more of a palette."""

_LEAST = 1e-3
"""Least spread: of a picture of one color, too, every direction can be scaled."""

_OPAQUE = 128

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Palette:
    """Mean and spread of the colors of a picture."""

    mean: Color
    spread: tuple[Color, Color, Color]
    """The rows of L, lower triangular, with LLᵀ the covariance: ``mean`` + Lz has the palette if
    the three numbers z are independent, of mean 0 and variance 1."""

    @classmethod
    def of(cls, pixels: bytes, channels: int = 3) -> Palette:
        """Return the palette of uint8 pixels: RGB, or RGBA of which the transparent do not count.

        A picture without opaque pixels is taken for a gray one.
        """
        step = channels * max(1, len(pixels) // channels // _SAMPLES)
        colors = [
            _seen(*(value / 255 for value in pixels[at : at + 3]))
            for at in range(0, len(pixels) - channels + 1, step)
            if channels == 3 or pixels[at + 3] >= _OPAQUE
        ] or [_seen(0.5, 0.5, 0.5)]
        light, blue, red = (sum(axis) / len(colors) for axis in zip(*colors, strict=True))
        mean = (light, blue, red)
        away = [
            tuple(value - middle for value, middle in zip(c, mean, strict=True)) for c in colors
        ]

        def covariance(i: int, j: int) -> float:
            return math.fsum(color[i] * color[j] for color in away) / len(away)

        a = max(_LEAST, math.sqrt(covariance(0, 0)))
        b, d = covariance(1, 0) / a, covariance(2, 0) / a
        c = max(_LEAST, math.sqrt(max(0.0, covariance(1, 1) - b * b)))
        e = (covariance(2, 1) - b * d) / c
        f = max(_LEAST, math.sqrt(max(0.0, covariance(2, 2) - d * d - e * e)))
        return cls(mean, ((a, 0.0, 0.0), (b, c, 0.0), (d, e, f)))

    def distance(self, other: Palette) -> float:
        """Return how far colors move, as a root mean square, from one palette to the other."""
        squares = [(a - b) ** 2 for a, b in zip(self.mean, other.mean, strict=True)]
        for row, others in zip(self.spread, other.spread, strict=True):
            squares += [(a - b) ** 2 for a, b in zip(row, others, strict=True)]
        return math.sqrt(sum(squares))

    def recolored(self, pixels: bytes, palette: Palette, share: float = 1.0) -> bytes:
        """Return RGB ``pixels`` of this palette in another one; ``share`` says how far they move.

        What is lighter stays lighter.
        """
        black = self._moved(0.0, 0.0, 0.0, palette, share)
        primaries = [
            self._moved(*primary, palette, share)
            for primary in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
        ]
        result = bytearray(len(pixels))
        red, green, blue = pixels[::3], pixels[1::3], pixels[2::3]
        for channel in range(3):
            zero = black[channel]
            by_red, by_green, by_blue = (
                [(primary[channel] - zero) * value for value in range(256)] for primary in primaries
            )
            offset = 255 * zero + 0.5
            result[channel::3] = bytes(
                0 if value < 0 else 255 if value > 255 else int(value)
                for r, g, b in zip(red, green, blue, strict=True)
                for value in (by_red[r] + by_green[g] + by_blue[b] + offset,)
            )
        return bytes(result)

    def _moved(
        self, red: float, green: float, blue: float, palette: Palette, share: float
    ) -> Color:
        """Return an RGB color, of any range, in another palette."""
        seen = _seen(red, green, blue)
        x, y, z = (value - middle for value, middle in zip(seen, self.mean, strict=True))
        (a, *_), (b, c, _), (d, e, f) = self.spread
        first = x / a
        second = (y - b * first) / c
        third = (z - d * first - e * second) / f
        moved = (
            middle + row[0] * first + row[1] * second + row[2] * third
            for middle, row in zip(palette.mean, palette.spread, strict=True)
        )
        light, by_blue, by_red = (
            old + share * (new - old) for old, new in zip(seen, moved, strict=True)
        )
        return _color(light, by_blue, by_red)


def _seen(red: float, green: float, blue: float) -> Color:
    """Return lightness, and blue's and red's differences from it."""
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    return light, blue - light, red - light


def _color(light: float, by_blue: float, by_red: float) -> Color:
    """Return the RGB color of what `_seen` returned."""
    red, blue = light + by_red, light + by_blue
    return red, (light - 0.299 * red - 0.114 * blue) / 0.587, blue
