"""What is painted beyond the borders, so that nothing is seen along them."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.canvas.margin import between, with_margin, without_margin
from nst_server.engine.canvas.picture import Array, Picture, Style
from nst_server.engine.painter import Painter
from nst_server.engine.planning import schedule
from nst_server.engine.planning.schedule import Scale
from nst_server.values.settings import Settings
from tests.support.landscapes import landscape


@pytest.mark.parametrize("margin", [0, 8])
def test_a_margin_is_mirrored_and_leaves_again(margin: int) -> None:
    picture = tf.constant(landscape(40, 32)[np.newaxis])
    scale = Scale(40, 32, 1, margin)
    wider = with_margin(picture, scale)
    assert wider.shape[1:3] == (32 + 2 * margin, 64 if margin else 40)
    top = wider[:, : 2 * margin]
    np.testing.assert_array_equal(top, tf.reverse(top, [1]))
    np.testing.assert_array_equal(without_margin(wider, scale), picture)


@pytest.mark.parametrize(("old", "new"), [(8, 8), (8, 0), (0, 8)])
def test_from_scale_to_scale_the_margin_moves_nothing(old: int, new: int) -> None:
    picture = tf.constant(landscape(40, 32)[np.newaxis])
    coarser, finer = Scale(40, 32, 1, old), Scale(56, 45, 1, new)
    inside = without_margin(between(coarser, finer)(with_margin(picture, coarser)), finer)
    expected = tf.image.resize(picture, (45, 56), method="bicubic")
    np.testing.assert_allclose(inside, expected, atol=1e-6)


@pytest.mark.parametrize(("width", "right"), [(96, 8), (89, 15), (97, 23)])
def test_a_margin_is_painted_like_a_picture_that_is_larger_by_it(
    painter: Painter, monkeypatch: pytest.MonkeyPatch, width: int, right: int
) -> None:
    content = landscape(width, 80, seed=2)
    settings = Settings.of_preset("standard", coarsest=0, iterations=3, size="full")

    def painted(content: Array) -> Array:
        style = Style(Picture(landscape(64, 64, seed=1)))
        (*_, last) = painter.stylize(Picture(content), [style], settings)
        return last.result()

    own = painted(content)
    assert own.shape == content.shape
    monkeypatch.setattr(schedule, "MARGIN", 0)
    larger = painted(np.pad(content, ((8, 8), (8, right), (0, 0)), "symmetric"))
    np.testing.assert_allclose(own, larger[8:-8, 8:-right], atol=1e-6)
    assert np.abs(own - painted(content)).max() > 0.01
