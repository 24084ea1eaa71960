"""Making opposite sides of a picture meet, before it can become a seamless tile."""

from __future__ import annotations

import numpy as np

from nst_server.engine.canvas.picture import Array


def periodic(picture: Array) -> Array:
    """Return ``picture`` (height × width × 3 in [0, 1]) without jumps between opposite sides.

    It is the periodic component of Moisan, "Periodic plus Smooth Image Decomposition", 2011. The
    other component, which is taken away, has those jumps at the sides and is as smooth as possible
    inside, so only large and slow differences of brightness change. Values outside [0, 1] are
    clipped.
    """
    height, width, _ = picture.shape
    down = np.cos(2 * np.pi * np.arange(height) / height)[:, np.newaxis]
    across = np.cos(2 * np.pi * np.arange(width // 2 + 1) / width)
    laplacian = 2 * down + 2 * across - 4
    laplacian[0, 0] = 1.0  # the mean: that of the jumps is zero
    whole = np.empty_like(picture)
    for channel in range(picture.shape[2]):  # one by one: a spectrum takes four times a channel
        values = picture[..., channel]
        smooth = np.fft.irfft2(np.fft.rfft2(_jumps(values)) / laplacian, values.shape)
        whole[..., channel] = np.clip(values - smooth, 0.0, 1.0)
    return whole


def _jumps(values: Array) -> Array:
    """Return the jump from each border pixel to that on the opposite side; zero inside."""
    jumps = np.zeros_like(values)
    for first, last in (np.s_[0], np.s_[-1]), (np.s_[:, 0], np.s_[:, -1]):
        step = values[last] - values[first]
        jumps[first] += step
        jumps[last] -= step
    return jumps
