"""Small pictures with structure at several scales, made from numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def landscape(width: int, height: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """Height × width × 3 in [0, 1], exactly representable in eight bits."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    picture = np.zeros((height, width, 3))
    for octave in range(1, 6):
        frequency = 2.0**octave
        phase, angle = random.uniform(0, 2 * np.pi, (2, 3))
        wave = np.sin(
            frequency * (x[..., None] * np.cos(angle) + y[..., None] * np.sin(angle)) * 4 + phase
        )
        picture += wave / octave
    picture += 0.4 * random.standard_normal(picture.shape)
    low, high = picture.min(), picture.max()
    eight_bits = np.rint(255 * (picture - low) / (high - low))
    return np.asarray(eight_bits / 255, np.float32)
