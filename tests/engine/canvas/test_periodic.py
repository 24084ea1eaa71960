"""Sides of a picture made to meet."""

from __future__ import annotations

import numpy as np
import pytest

from nst_server.engine.canvas.periodic import periodic
from tests.support.landscapes import landscape


@pytest.mark.parametrize("size", [(96, 64), (61, 45)])
def test_sides_meet_and_little_else_changes(size: tuple[int, int]) -> None:
    ramp = np.linspace(0.3, 0.7, size[0], dtype=np.float32)
    picture = 0.8 * ramp[np.newaxis, :, np.newaxis] + 0.2 * landscape(*size, seed=1)
    whole = periodic(picture)
    assert whole.dtype == np.float32
    for axis in (0, 1):
        inside = np.abs(np.diff(whole, axis=axis)).mean()
        around = np.abs(np.take(whole, 0, axis) - np.take(whole, -1, axis)).mean()
        assert around < 1.3 * inside
        # The grain is what it was.
        grain = np.diff(picture, 2, axis) - np.diff(whole, 2, axis)
        assert np.abs(grain).mean() < 0.1 * np.abs(np.diff(picture, 2, axis)).mean()
    np.testing.assert_allclose(whole.mean((0, 1)), picture.mean((0, 1)), atol=1e-4)


def test_what_meets_already_stays() -> None:
    turn = 2 * np.pi * np.arange(64) / 64
    wave = 0.5 + 0.2 * np.sin(turn)[:, np.newaxis] * np.cos(2 * turn)
    mirrored = np.concatenate([wave, wave[::-1]])[..., np.newaxis].repeat(3, -1)
    tiled = np.concatenate([mirrored, mirrored[:, ::-1]], 1).astype(np.float32)
    np.testing.assert_allclose(periodic(tiled), tiled, atol=1e-6)
