"""Palettes of pictures: how far apart the colors of two are, wherever they lie."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float64]

_SIDE = 32
_DIRECTIONS = 32

_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def palette_of(image: Image.Image) -> Floats:
    """Colors of a picture in Oklab, as many from each: pixels × 3."""
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    encoded = np.asarray(small).reshape(-1, 3) / 255
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(light @ _LMS.T) @ _OKLAB.T)


def distance(first: Floats, second: Floats) -> float:
    """Sliced Wasserstein distance of two palettes: how far colors are to be moved in the mean."""
    directions = np.random.default_rng(0).standard_normal((3, _DIRECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    moved = np.sort(first @ directions, 0) - np.sort(second @ directions, 0)
    return float(np.abs(moved).mean())
