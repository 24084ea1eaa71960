"""From settings to numbers: scales, iterations, weights. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nst_server.engine.planning.widths import fast_width
from nst_server.values.settings import Settings

COARSER_ITERATIONS = 1.5
"""Coarser scales get so many times the iterations of the finest. More for the coarsest of a large
picture dissolve what is drawn there with few pixels."""

LEAST_GROWTH = math.sqrt(2)
"""From the coarsest scale to the picture's own: painted at one scale alone, a picture is a
photograph with grain."""

MINIMUM_SIDE = 32
"""The network halves four times; below this the deepest maps have hardly a pixel. A smaller
picture is painted enlarged."""

MARGIN = 8
"""Pixels beyond each border that are painted too and left out again, see `margin`: at 4 traces of
the lines at the borders remain, 16 are twice the work for what nobody sees."""

COARSER_MARGIN = 16
"""The same at coarser scales, where it costs little: with 8, strokes ended in a straight edge
beside the border, about one deep position away from it."""

LARGEST_WITH_MARGIN = 2**24
"""Pixels of a picture, beyond which there is no memory for copies with a margin."""

SETTLED_ITERATIONS = 20
"""More than L-BFGS takes to get over a step that went wrong."""

SETTLED_FALL = 1e-3
"""Of the loss, in so many iterations: where it fell by less, pixels moved by less than half of one
of 255 levels."""


@dataclass(frozen=True)
class Plan:
    """Network, number format and size of a painting, decided before any work is done."""

    backbone: str
    precision: str
    width: int
    height: int


@dataclass(frozen=True)
class Scale:
    """One step from coarse to fine."""

    width: int
    height: int
    iterations: int
    margin: int = 0
    """Pixels above, below and on the left; on the right see `right_margin`."""

    @property
    def right_margin(self) -> int:
        """As many, and what is missing to a width that is fast to paint."""
        if not self.margin:
            return 0
        before = self.margin + self.width
        return fast_width(before + self.margin) - before

    @property
    def megapixel_iterations(self) -> float:
        """The work of it."""
        width = self.margin + self.width + self.right_margin
        return width * (self.height + 2 * self.margin) * self.iterations / 1e6


def size_to_fit(width: int, height: int, longest: int) -> tuple[int, int]:
    """Width and height in the same proportion with ``longest`` as the longest side.

    Larger than that if the shorter side would fall below `MINIMUM_SIDE`.
    """
    factor = max(longest / max(width, height), MINIMUM_SIDE / min(width, height))
    return round(width * factor), round(height * factor)


def scales(width: int, height: int, settings: Settings) -> list[Scale]:
    """From the coarsest to ``width`` × ``height``, each about twice as large as the one before it.

    The coarsest is smaller for larger brush strokes, which are drawn there. Of a long and narrow
    picture fewer: below `MINIMUM_SIDE` nothing is coarser.
    """
    longest = max(width, height)
    coarsest = settings.coarsest / settings.brush_size
    growth = max(LEAST_GROWTH, longest / coarsest) if coarsest else 1.0
    steps = max(1, round(math.log2(growth)))
    found: list[Scale] = []
    for coarser in range(steps + 1):
        size = size_to_fit(width, height, round(longest / growth ** (coarser / steps)))
        if settings.seamless:
            size = on_grid(*size)
        if found and max(size) > 0.8 * max(found[-1].width, found[-1].height):
            break
        iterations = round(settings.iterations * (COARSER_ITERATIONS if coarser else 1.0))
        margin = COARSER_MARGIN if coarser else MARGIN
        found.append(Scale(*size, iterations, margin if _has_margin(*size, settings) else 0))
    return found[::-1]


def has_settled(losses: Sequence[float]) -> bool:
    """Whether a scale with those losses so far, one an iteration, would change no more visibly."""
    if len(losses) <= SETTLED_ITERATIONS:
        return False
    before, now = min(losses[:-SETTLED_ITERATIONS]), min(losses)
    return before - now < SETTLED_FALL * now


def _has_margin(width: int, height: int, settings: Settings) -> bool:
    """Not what wraps, which has no borders, nor what the notebook's own algorithm paints."""
    is_plain = settings.seamless or settings.formulation == "notebook"
    return not is_plain and width * height <= LARGEST_WITH_MARGIN


def on_grid(width: int, height: int) -> tuple[int, int]:
    """The nearest size whose sides are multiples of 16, as a picture that wraps must have."""
    return max(MINIMUM_SIDE, round(width / 16) * 16), max(MINIMUM_SIDE, round(height / 16) * 16)


def work(width: int, height: int, settings: Settings) -> float:
    """Megapixel iterations over all scales."""
    return sum(scale.megapixel_iterations for scale in scales(width, height, settings))


def working_size(width: int, height: int, settings: Settings, affordable: float) -> tuple[int, int]:
    """The size to paint at: never more than the picture's own, unless that is tiny.

    ``size`` auto takes the largest whose work is ``affordable``, in megapixel iterations.
    """
    longest = max(width, height)
    if settings.size == "auto":
        low, high = 1, longest
        while low < high:
            middle = (low + high + 1) // 2
            fits = work(*size_to_fit(width, height, middle), settings) <= affordable
            low, high = (middle, high) if fits else (low, middle - 1)
        longest = low
    elif settings.size != "full":
        longest = min(longest, int(settings.size))
    size = size_to_fit(width, height, longest)
    return on_grid(*size) if settings.seamless else size


def term_weights(settings: Settings) -> tuple[float, float, float]:
    """Weights of content, style and smoothness.

    Every 25 of ``strength`` tenfold the style; 50 gives, for relative losses, 20 times the
    content, and the notebook's own weights for its losses.
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
    """Size at which a style is looked at beside a content of a scale's size.

    At ``brush_size`` 1 the style's longest side is the content's, so its strokes are as large in
    the result as in the style picture. Not enlarged, which would make soft strokes, but where a
    side would fall below `MINIMUM_SIDE`.
    """
    return size_to_fit(*style, min(max(style), round(max(content) * brush_size)))
