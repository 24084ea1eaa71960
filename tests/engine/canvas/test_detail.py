"""Detail of the content, which a finer scale begins with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from nst_server.engine.canvas.detail import detail, fine_luma
from nst_server.engine.canvas.picture import Picture, Style, WeightedStyle, resize
from nst_server.engine.iterate import Iterate
from nst_server.engine.painter import Painter
from nst_server.values.settings import Settings
from tests.support.landscapes import landscape

Array = npt.NDArray[np.float32]

CONTENT = tf.constant(landscape(64, 48, seed=1)[np.newaxis])
ROUGH = tf.constant(np.random.default_rng(0).random((1, 50, 60, 3), np.float32))
FLAT = tf.fill([1, 50, 60, 3], 0.4)


def style(picture: tf.Tensor, share: float = 1.0) -> WeightedStyle:
    return WeightedStyle(picture, None, share)


def deviation(values: tf.Tensor) -> float:
    return float(tf.math.reduce_std(values))


def test_what_is_fine_is_what_a_smaller_picture_loses() -> None:
    luma = tf.image.rgb_to_grayscale(CONTENT)
    small = resize(luma, 32, 24)
    np.testing.assert_allclose(fine_luma(CONTENT, 0.5), luma - resize(small, 64, 48), atol=1e-6)
    assert deviation(fine_luma(resize(resize(CONTENT, 8, 6), 64, 48), 0.5)) < 0.01


def test_detail_has_no_colour() -> None:
    """Stripes of red and of a gray that is as bright."""
    gray = tf.image.grayscale_to_rgb(tf.image.rgb_to_grayscale([[[1.0, 0.0, 0.0]]]))
    stripes = tf.stack([tf.constant([1.0, 0.0, 0.0]), gray[0, 0]])
    picture = tf.tile(stripes[tf.newaxis, tf.newaxis], [1, 32, 16, 1])
    assert deviation(picture) > 0.1
    np.testing.assert_allclose(detail(picture, [style(ROUGH)], 0.5), 0.0, atol=1e-3)


def test_beside_a_rougher_style_all_of_it_is_there() -> None:
    own = detail(CONTENT, [style(ROUGH)], 0.5)
    np.testing.assert_array_equal(own, fine_luma(CONTENT, 0.5))


@pytest.mark.parametrize("share", [1.0, 5.0])
def test_never_more_than_the_styles_have(share: float) -> None:
    smoother = 0.5 + 0.1 * (CONTENT - 0.5)
    own = detail(CONTENT, [style(smoother, share)], 0.5)
    assert deviation(own) == pytest.approx(0.1 * deviation(fine_luma(CONTENT, 0.5)), rel=1e-3)
    half = detail(CONTENT, [style(smoother, share), style(FLAT, share)], 0.5)
    assert deviation(half) == pytest.approx(np.sqrt(0.5) * deviation(own), rel=1e-3)
    np.testing.assert_allclose(detail(CONTENT, [style(FLAT)], 0.5), 0.0, atol=1e-5)


def test_of_a_picture_of_one_colour_there_is_none() -> None:
    np.testing.assert_allclose(detail(FLAT, [style(FLAT)], 0.5), 0.0, atol=1e-5)


def begun(painter: Painter, init: str) -> Array:
    """The finer one of two scales before its first step."""
    settings = Settings.of_preset(
        "standard", iterations=1, coarsest=40, size="full", precision="float32", init=init
    )
    styles = [Style(Picture(np.asarray(ROUGH[0])))]

    def painting(iterate: Iterate) -> Array:
        return np.asarray(iterate.painting())  # now: it is that of the last step

    iterates = painter.stylize(Picture(landscape(80, 60, seed=1)), styles, settings)
    paintings = [(iterate.progress.scale, painting(iterate)) for iterate in iterates]
    assert [scale for scale, _ in paintings] == [1, 1, 2]
    return paintings[-1][1]


@pytest.mark.parametrize(("init", "likeness"), [("content", (0.9, 1.0)), ("noise", (-0.1, 0.4))])
def test_a_finer_scale_begins_with_it_unless_it_all_began_with_noise(
    painter: Painter, init: str, likeness: tuple[float, float]
) -> None:
    content = tf.constant(landscape(80, 60, seed=1)[np.newaxis])
    wanted, found = (
        np.ravel(fine_luma(picture, 0.5)) for picture in (content, begun(painter, init))
    )
    least, most = likeness
    assert least < np.corrcoef(wanted, found)[0, 1] <= most
