"""Scales, iterations and weights, computed from the settings by pure functions."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from nst_server.values.settings import Settings

COARSER_ITERATIONS = 1.5
"""Iterations of a coarser scale relative to the finest. With more, the coarsest scale of a large
picture would dissolve what is drawn there with few pixels."""

FINER_ITERATIONS = 0.5
"""Iterations of a scale in several levels relative to the finest in one. Coarser levels begin with
what the scale before has painted."""

WHOLE_NETWORK = 512
"""Least longest side of the last level, in pixels. With half of it faces and windows dissolve."""

FINE_WORK = 0.25
"""Work of the first two blocks relative to that of the whole network, for each pixel."""

LEAST_GROWTH = math.sqrt(2)
"""Least ratio of the picture's own size to the coarsest scale: painted at one scale only, a
picture is a photograph with grain."""

MINIMUM_SIDE = 32
"""Shortest side to paint at, in pixels: the network halves four times, and below this the deepest
maps have hardly a pixel. A smaller picture is enlarged for painting."""

LONGEST_ENLARGED = 2048
"""Longest side, in pixels, to which a small picture is enlarged. A line of pixels would otherwise
become millions, whatever size or time was asked for; it is enlarged across only."""

MARGIN = 8
"""Pixels that are painted beyond each border and cropped again, see `margin`. With 4, traces of
the lines at the borders remain; 16 are twice the work for a difference that nobody sees."""

COARSER_MARGIN = 16
"""Margin in pixels at coarser scales, where it costs little. With 8, strokes ended in a straight
edge beside the border, about one position of the deep maps away from it."""

LARGEST_WITH_MARGIN = 2**24
"""Pixels of the largest picture that gets a margin; above it, copies with one would not fit."""

SETTLED_ITERATIONS = 20
"""Iterations over which the fall of the loss is judged: more than L-BFGS takes to recover from a
step that went wrong."""

SETTLED_FALL = 1e-3
"""Relative fall of the loss over `SETTLED_ITERATIONS` below which a scale ends: where it fell by
less, pixels moved by less than half of one of 255 levels."""

FEW_ITERATIONS = 8
"""Most iterations of a scale that is in a hurry: those of a draft's finest."""

_FAST_STEP = 16

_WIDE = 1536
"""Width above which steps are larger: that costs little there and suits the deep maps better."""

_WIDE_STEP = 64


@dataclass(frozen=True)
class Plan:
    """Network, number format and size of a painting, decided before any work is done."""

    backbone: str
    precision: str
    width: int
    height: int


@dataclass(frozen=True)
class Scale:
    """Size, iterations and margin of one step from coarse to fine."""

    width: int
    height: int
    iterations: int
    margin: int = 0
    """Pixels above, below and to the left; for those to the right see `right_margin`."""
    is_finest: bool = True
    levels: int = 1
    """Levels of the Gaussian pyramid that the network sees, each half as large as the one before.
    The whole network sees the last; the others only its first two blocks."""

    @property
    def is_hurried(self) -> bool:
        """True if there are so few iterations that each must lead far."""
        return self.iterations <= FEW_ITERATIONS

    @property
    def right_margin(self) -> int:
        """Pixels to the right: the margin, widened until the whole width is fast to paint."""
        if not self.margin:
            return 0
        before = self.margin + self.width
        return fast_width(before + self.margin, self.levels) - before

    @property
    def full_size(self) -> tuple[int, int]:
        """Width and height, margins included."""
        return self.margin + self.width + self.right_margin, self.height + 2 * self.margin

    @property
    def megapixel_iterations(self) -> float:
        """Work of the scale: megapixels, margins included, times iterations.

        Pixels that only a part of the network sees count for that part.
        """
        halvings = self.levels - 1
        share = sum(FINE_WORK / 4**level for level in range(halvings)) + 1 / 4**halvings
        return share * math.prod(self.full_size) * self.iterations / 1e6


def fast_width(least: int, levels: int = 1) -> int:
    """Return the smallest width not below ``least`` that is fast in all ``levels`` of halves.

    oneDNN divides rows into blocks. With AMX every fifth width divides badly, and its convolutions
    take two to five times as long: with 128 channels, 359 positions take as long as 1800 others.
    Multiples of 16 divide well down to the deepest maps; for wide pictures multiples of 64 do
    (`nst_server/bench/docs/README.md`). Heights make no difference.
    """
    step = max(_FAST_STEP << (levels - 1), _FAST_STEP if least <= _WIDE else _WIDE_STEP)
    return -(-least // step) * step


def size_to_fit(width: int, height: int, longest: int) -> tuple[int, int]:
    """Scale width and height in proportion, so that the longest side is ``longest``.

    The size is larger if the shorter side would otherwise fall below `MINIMUM_SIDE`, and not in
    proportion if the longer one would then exceed both ``longest`` and `LONGEST_ENLARGED`.
    """
    factor = max(longest / max(width, height), MINIMUM_SIDE / min(width, height))
    most = max(longest, LONGEST_ENLARGED)
    return min(round(width * factor), most), min(round(height * factor), most)


def scales(width: int, height: int, settings: Settings) -> list[Scale]:
    """Return the scales from the coarsest to ``width`` × ``height``, each about twice as large.

    The coarsest is smaller for larger brush strokes, which are drawn there. A long and narrow
    picture has fewer scales, since no side may fall below `MINIMUM_SIDE`.
    """
    longest = max(width, height)
    coarsest = settings.coarsest / settings.brush_size
    growth = max(LEAST_GROWTH, longest / coarsest) if coarsest else 1.0
    steps = max(1, round(math.log2(growth)))
    result: list[Scale] = []
    for coarser in range(steps + 1):
        size = size_to_fit(width, height, round(longest / growth ** (coarser / steps)))
        if settings.seamless:
            size = on_grid(*size, settings)
        levels = _levels(*size, settings)
        if result and max(size) > 0.8 * max(result[-1].width, result[-1].height):
            break
        finer_is_whole = bool(result) and result[-1].levels == 1
        factor = FINER_ITERATIONS if levels > 1 else COARSER_ITERATIONS if finer_is_whole else 1.0
        margin = (COARSER_MARGIN if coarser else MARGIN) << (levels - 1)
        margin = margin if _has_margin(*size, settings) else 0
        iterations = max(1, round(settings.iterations * factor))
        result.append(Scale(*size, iterations, margin, not coarser, levels))
    return result[::-1]


def _levels(width: int, height: int, settings: Settings) -> int:
    """Return the number of levels at that size; 1 where layers are chosen, or the notebook's."""
    if settings.formulation == "notebook" or settings.style_layers or settings.content_layers:
        return 1
    halvings = math.log2(min(max(width, height) / WHOLE_NETWORK, min(width, height) / MINIMUM_SIDE))
    return 1 + max(0, math.floor(halvings))


def has_settled(losses: Sequence[float]) -> bool:
    """True if a scale would change no more visibly; ``losses`` has one for each past iteration."""
    if len(losses) <= SETTLED_ITERATIONS:
        return False
    before, now = min(losses[:-SETTLED_ITERATIONS]), min(losses)
    return before - now < SETTLED_FALL * now


def _has_margin(width: int, height: int, settings: Settings) -> bool:
    """False for a picture that wraps, so has no borders, and for the notebook's own algorithm."""
    is_plain = settings.seamless or settings.formulation == "notebook"
    return not is_plain and width * height <= LARGEST_WITH_MARGIN


def on_grid(width: int, height: int, settings: Settings) -> tuple[int, int]:
    """Return about the nearest size whose sides are multiples of 16 in all levels.

    A picture that wraps needs it.
    """

    def rounded(side: int, step: int) -> int:
        return max(MINIMUM_SIDE, round(side / step) * step)

    width, height = rounded(width, 16), rounded(height, 16)
    step = 16 << (_levels(width, height, settings) - 1)
    return rounded(width, step), rounded(height, step)


def work(width: int, height: int, settings: Settings) -> float:
    """Megapixel iterations over all scales."""
    return sum(scale.megapixel_iterations for scale in scales(width, height, settings))


def working_size(width: int, height: int, settings: Settings, affordable: float) -> tuple[int, int]:
    """Return the size to paint at: never more than the picture's own, unless that is tiny.

    The setting ``size`` auto takes the largest size whose work, in megapixel iterations, is at most
    ``affordable``.
    """
    longest = max(width, height)
    if settings.size == "auto":
        longest = _affordable_side(width, height, settings, affordable)
    elif settings.size != "full":
        longest = min(longest, int(settings.size))
    size = size_to_fit(width, height, longest)
    return on_grid(*size, settings) if settings.seamless else size


def _affordable_side(width: int, height: int, settings: Settings, affordable: float) -> int:
    """Return the largest longest side whose work is at most ``affordable``; at least 1.

    Work falls where another level begins, so sizes of as many levels are searched by themselves,
    those of most levels first.
    """

    def costs_more(longest: int) -> bool:
        return work(*size_to_fit(width, height, longest), settings) > affordable

    most = max(width, height)
    least = 1
    while most >= 2 * WHOLE_NETWORK:
        least = WHOLE_NETWORK << int(math.log2(most / WHOLE_NETWORK))
        if not costs_more(least):
            break
        most, least = least - 1, 1
    return least + bisect_left(range(least + 1, most + 1), True, key=costs_more)


def term_weights(settings: Settings) -> tuple[float, float, float]:
    """Return the weights of content, style and smoothness.

    Every 25 points of ``strength`` multiply the style's weight by ten. At 50 it is 20 times the
    content's for relative losses, and the notebook's own weight for the notebook's losses.
    """
    factor = 10.0 ** ((settings.strength - 50.0) / 25.0)
    smoothness = (settings.smoothness / 50.0) ** 2
    content = settings.content_weight
    if settings.formulation == "relative":
        return content, 20.0 * factor, 16.0 * smoothness
    return 1e3 * content, 1e-2 * factor, 1e5 * smoothness


def style_size(
    style: tuple[int, int], content: tuple[int, int], brush_size: float
) -> tuple[int, int]:
    """Return the size at which a style is measured for a content of a scale's size.

    At ``brush_size`` 1 the style's longest side equals the content's, so its strokes are as large
    in the result as in the style picture. A style is not enlarged, which would make its strokes
    soft, unless a side would fall below `MINIMUM_SIDE`.
    """
    return size_to_fit(*style, min(max(style), round(max(content) * brush_size)))
