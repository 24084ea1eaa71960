"""Distances of palettes: where colors lie does not count, which they are does."""

from __future__ import annotations

import numpy as np
from PIL import Image

from nst_server.pictures.palettes import distance, palette_of
from tests.support.landscapes import landscape


def test_the_same_colors_elsewhere_are_no_distance() -> None:
    values = np.rint(255 * landscape(64, 64, seed=3)).astype(np.uint8)
    one, other = (palette_of(Image.fromarray(each)) for each in (values, values[::-1, ::-1]))
    assert distance(one, other) < 1e-6


def test_nearer_colors_are_nearer() -> None:
    navy, blue, orange = (
        palette_of(Image.new("RGB", (8, 8), name)) for name in ("#203080", "#3050c0", "#f09020")
    )
    assert 0 < distance(navy, blue) < distance(navy, orange)
    assert distance(blue, orange) == distance(orange, blue)
