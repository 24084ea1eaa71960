"""What is painted beyond the borders, so that nothing is seen along them."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine import schedule
from nst_server.engine.margin import between, with_margin, without_margin
from nst_server.engine.painter import Painter, Picture, Style
from nst_server.engine.picture import Array
from nst_server.engine.schedule import Scale
from nst_server.settings import Settings
from tests.engine.pictures import landscape


@pytest.mark.parametrize("margin", [0, 8])
def test_a_margin_is_mirrored_and_leaves_again(margin: int) -> None:
    picture = tf.constant(landscape(40, 32)[np.newaxis])
    wider = with_margin(picture, margin)
    assert wider.shape[1:3] == (32 + 2 * margin, 40 + 2 * margin)
    top = wider[:, : 2 * margin]
    np.testing.assert_array_equal(top, tf.reverse(top, [1]))
    np.testing.assert_array_equal(without_margin(wider, margin), picture)


@pytest.mark.parametrize(("old", "new"), [(8, 8), (8, 0), (0, 8)])
def test_from_scale_to_scale_the_margin_moves_nothing(old: int, new: int) -> None:
    picture = tf.constant(landscape(40, 32)[np.newaxis])
    resized = between(Scale(40, 32, 1, old), Scale(56, 45, 1, new))
    inside = without_margin(resized(with_margin(picture, old)), new)
    expected = tf.image.resize(picture, (45, 56), method="bicubic")
    np.testing.assert_allclose(inside, expected, atol=1e-6)


def test_no_line_is_painted_along_the_borders(
    painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = Picture(np.full((96, 128, 3), 0.5, np.float32))

    def line() -> float:
        """How much the outermost pixels differ from those a little further in."""
        settings = Settings.of_preset("standard", coarsest=0, iterations=20, size="full")
        (*_, last) = painter.stylize(
            content, [Style(Picture(landscape(128, 96, seed=1)))], settings
        )
        result = last.result()
        assert result.shape == content.rgb.shape
        return float(np.mean([abs(_rows(side, 0) - _rows(side, 12)) for side in _sides(result)]))

    with_a_margin = line()
    monkeypatch.setattr(schedule, "MARGIN", 0)
    assert with_a_margin < 0.5 * line()


def _sides(picture: Array) -> list[Array]:
    across = picture.transpose(1, 0, 2)
    return [picture, picture[::-1], across, across[::-1]]


def _rows(picture: Array, first: int) -> float:
    return float(picture[first : first + 3].mean())
