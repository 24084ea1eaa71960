"""Rectangles of whole pixels as values, for every part that cuts pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CONTEXT_PIXELS = 96
"""Least margin, in pixels, of context around the painted box."""

CONTEXT_SHARE = 0.25
"""Margin of context as a share of the box's longest side, where that is more."""

MINIMUM_CONTENT_SIDE = 8
"""Shortest side of a content in pixels: in less there is nothing that could be painted."""


@dataclass(frozen=True)
class Box:
    """A rectangle; ``x`` and ``y`` are its top left corner, a side below 1 means it is empty."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column after the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row after the box."""
        return self.y + self.height

    @property
    def area(self) -> int:
        """Number of pixels in the box."""
        return self.width * self.height

    @property
    def longest(self) -> int:
        """The longer side."""
        return max(self.width, self.height)

    @property
    def is_empty(self) -> bool:
        """True if no pixel is inside."""
        return self.width < 1 or self.height < 1

    def pad(self, margin: int) -> Box:
        """Grow by ``margin`` on every side."""
        return Box(
            self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin
        )

    def intersect(self, other: Box) -> Box:
        """Return the box of pixels inside both; empty, with sides of 0, if there are none."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        width = max(0, min(self.right, other.right) - x)
        height = max(0, min(self.bottom, other.bottom) - y)
        return Box(x, y, width, height)

    def moved(self, dx: int, dy: int) -> Box:
        """Move by ``dx`` and ``dy`` at the same size."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def relative_to(self, outer: Box) -> Box:
        """Return the same pixels, counted from the corner of ``outer``."""
        return self.moved(-outer.x, -outer.y)

    def with_context(self, bounds: Box) -> Box:
        """Grow, inside ``bounds``, by the context that lets strokes fit the surroundings."""
        margin = max(CONTEXT_PIXELS, round(self.longest * CONTEXT_SHARE))
        return self.pad(margin).intersect(bounds)

    def strips(self, rows: int) -> Iterator[Box]:
        """Cut into full-width strips of ``rows`` rows from the top; the last may be lower."""
        for y in range(self.y, self.bottom, rows):
            yield Box(self.x, y, self.width, min(rows, self.bottom - y))


def fit_within(width: int, height: int, bounds: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of the same proportions inside ``bounds``; never enlarge."""
    scale = min(1.0, bounds[0] / width, bounds[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
