"""Colours of one picture, lightness of another."""

from __future__ import annotations

import numpy as np

from nst_server.engine.canvas.color import (
    linear_from_srgb,
    oklab_from_srgb,
    srgb_from_linear,
    with_chroma_of,
)
from tests.support.landscapes import landscape


def test_oklab_is_that_of_its_author() -> None:
    # https://bottosson.github.io/posts/oklab/: white, and the primaries as published tables have
    known = {
        (1, 1, 1): (1.0, 0.0, 0.0),
        (1, 0, 0): (0.62796, 0.22486, 0.12585),
        (0, 0, 1): (0.45201, -0.03246, -0.31153),
    }
    for rgb, lab in known.items():
        found = oklab_from_srgb(np.array([[rgb]], np.float32))[0, 0]
        np.testing.assert_allclose(found, lab, atol=2e-4)


def test_srgb_there_and_back() -> None:
    values = np.linspace(0, 1, 4097, dtype=np.float32)
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-6)


def test_its_own_chroma_changes_nothing() -> None:
    picture = landscape(40, 30)
    np.testing.assert_allclose(with_chroma_of(picture, picture), picture, atol=2e-3)


def test_chroma_is_kept_where_srgb_has_the_colour() -> None:
    gentle = 0.4 + 0.2 * landscape(40, 30, seed=1)
    other = 0.4 + 0.2 * landscape(40, 30, seed=2)
    found = oklab_from_srgb(with_chroma_of(other, gentle))
    np.testing.assert_allclose(found[..., 1:], oklab_from_srgb(gentle)[..., 1:], atol=1e-3)
    np.testing.assert_allclose(found[..., 0], oklab_from_srgb(other)[..., 0], atol=1e-3)


def test_what_srgb_does_not_have_keeps_lightness_and_hue() -> None:
    vivid = np.full((1, 1, 3), (1, 0, 0), np.float32)
    bright = np.full((1, 1, 3), 0.95, np.float32)
    found = oklab_from_srgb(with_chroma_of(bright, vivid))[0, 0]
    wanted = oklab_from_srgb(vivid)[0, 0]
    np.testing.assert_allclose(found[0], oklab_from_srgb(bright)[0, 0, 0], atol=2e-3)
    assert 0 < np.hypot(*found[1:]) < np.hypot(*wanted[1:])
    np.testing.assert_allclose(found[2] / found[1], wanted[2] / wanted[1], rtol=2e-2)
