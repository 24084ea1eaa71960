"""A picture whose sides meet: what a photograph must be before it can become a seamless tile."""

from __future__ import annotations

import numpy as np

from nst_server.engine.canvas.picture import Array


def periodic(picture: Array) -> Array:
    """``picture`` (height × width × 3 in [0, 1]) without the jumps between its opposite sides.

    The periodic component of Moisan, "Periodic plus Smooth Image Decomposition", 2011: what is
    taken away has those jumps at the sides and is as smooth as can be inside, so that only large
    and slow differences of brightness change. What leaves [0, 1] is clipped.
    """
    height, width, _ = picture.shape
    down = np.cos(2 * np.pi * np.arange(height) / height)[:, np.newaxis]
    across = np.cos(2 * np.pi * np.arange(width // 2 + 1) / width)
    laplacian = 2 * down + 2 * across - 4
    laplacian[0, 0] = 1.0  # the mean, of which the jumps have none
    whole = np.empty_like(picture)
    for channel in range(picture.shape[2]):  # one by one: a spectrum is four times a channel
        values = picture[..., channel]
        smooth = np.fft.irfft2(np.fft.rfft2(_jumps(values)) / laplacian, values.shape)
        whole[..., channel] = np.clip(values - smooth, 0.0, 1.0)
    return whole


def _jumps(values: Array) -> Array:
    """From each border pixel to that on the opposite side; nothing inside."""
    jumps = np.zeros_like(values)
    for own in (np.s_[0], np.s_[-1]), (np.s_[:, 0], np.s_[:, -1]):
        step = values[own[1]] - values[own[0]]
        jumps[own[0]] += step
        jumps[own[1]] -= step
    return jumps
