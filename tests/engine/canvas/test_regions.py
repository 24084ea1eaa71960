"""Styles by region, palettes matched, and pictures that wrap: identities with the real network."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from nst_server.engine.canvas import canvas
from nst_server.engine.canvas.color import matched_palette
from nst_server.engine.canvas.picture import Picture, Style, WeightedStyle
from nst_server.engine.canvas.strips import joined
from nst_server.engine.method import MethodKey
from nst_server.engine.objective.tiled import TiledObjective
from nst_server.engine.objective.tiling import Tiling
from nst_server.engine.painter import Painter
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings
from tests.support.landscapes import landscape

Array = npt.NDArray[np.float32]

CONTENT = landscape(96, 64, seed=1)
ONE, OTHER = (Picture(landscape(64, 64, seed=seed)) for seed in (2, 3))


def paint(painter: Painter, *styles: Style, mask: Array | None = None, **changes: object) -> Array:
    quick = {"iterations": 3, "coarsest": 0, "precision": "float32", "backbone": "vgg16"}
    settings = Settings.of_preset("standard", **{**quick, **changes})
    return list(painter.stylize(Picture(CONTENT), styles, settings, mask))[-1].result()


@pytest.mark.engine
def test_a_mask_of_all_is_no_mask(painter: Painter) -> None:
    everywhere = np.ones(CONTENT.shape[:2], np.float32)
    whole = paint(painter, Style(ONE))
    np.testing.assert_array_equal(paint(painter, Style(ONE, mask=everywhere)), whole)
    even = paint(painter, Style(ONE, mask=0.5 * everywhere))  # weighs, but all alike
    assert np.abs(even - whole).mean() < 5e-4


@pytest.mark.engine
def test_each_region_is_painted_in_its_own_style(painter: Painter) -> None:
    left = np.zeros(CONTENT.shape[:2], np.float32)
    left[:, :48] = 1
    red, blue = (np.full((64, 64, 3), 0.1, np.float32) for _ in range(2))
    red[..., 0], blue[..., 2] = 0.9, 0.9
    styles = Style(Picture(red), mask=left), Style(Picture(blue))
    result = paint(painter, *styles, iterations=30, strength=90)
    redness = result[..., 0] - result[..., 2]
    assert redness[:, :32].mean() > redness[:, 64:].mean() + 0.1


@pytest.mark.engine
def test_regions_may_overlap_and_be_soft(painter: Painter) -> None:
    ramp = np.broadcast_to(np.linspace(0, 1, 96, dtype=np.float32), CONTENT.shape[:2]).copy()
    mixed = paint(painter, Style(ONE, mask=ramp), Style(OTHER, mask=1 - ramp))
    one, other = paint(painter, Style(ONE)), paint(painter, Style(OTHER))
    left, right = slice(0, 32), slice(64, 96)

    def distance(result: Array, columns: slice) -> float:
        return float(np.abs(mixed - result)[:, columns].mean())

    assert distance(other, left) < distance(one, left)
    assert distance(one, right) < distance(other, right)
    paint(painter, Style(ONE, mask=ramp), Style(OTHER, mask=np.ones_like(ramp)))


@pytest.mark.engine
@pytest.mark.parametrize("selected", [slice(0, 40), slice(56, 96)])
def test_a_region_outside_the_selection_is_left_out(painter: Painter, selected: slice) -> None:
    left, mask = (np.zeros(CONTENT.shape[:2], np.float32) for _ in range(2))
    left[:, :48], mask[:, selected] = 1, 1
    both = paint(painter, Style(ONE, mask=left), Style(OTHER), mask=mask)
    alone = paint(painter, Style(ONE if selected.start == 0 else OTHER), mask=mask)
    assert np.abs(both - alone).mean() < 5e-3
    assert np.abs(both - CONTENT).max() > 0.01, "something was painted"


@pytest.mark.engine
def test_styles_that_are_all_outside_the_selection_are_refused(painter: Painter) -> None:
    left, mask = (np.zeros(CONTENT.shape[:2], np.float32) for _ in range(2))
    left[:, :48], mask[:, 56:] = 1, 1
    with pytest.raises(NeuralStyleError, match="inside the painted area"):
        paint(painter, Style(ONE, mask=left), mask=mask)


def test_matched_palette_has_the_contents_mean_and_covariance() -> None:
    style = Picture(0.3 + 0.2 * landscape(50, 40, seed=5) * np.array([1, 0.5, 0.2], np.float32))
    content = Picture(0.3 + 0.3 * landscape(60, 30, seed=6))
    found = matched_palette(style, content).reshape(-1, 3)
    wanted = content.rgb.reshape(-1, 3)
    np.testing.assert_allclose(found.mean(0), wanted.mean(0), atol=0.01)
    np.testing.assert_allclose(np.cov(found.T), np.cov(wanted.T), atol=0.002)
    np.testing.assert_allclose(matched_palette(content, content), content.rgb, atol=1e-3)


@pytest.mark.engine
def test_matched_colors_bring_the_result_to_the_contents_palette(painter: Painter) -> None:
    red = np.full((64, 64, 3), 0.1, np.float32)
    red[..., 0] += 0.8 * landscape(64, 64)[..., 0]
    style = Style(Picture(red))
    own = paint(painter, style, iterations=30, strength=90.0).mean((0, 1))
    matched = paint(painter, style, colors="match", iterations=30, strength=90.0).mean((0, 1))
    wanted = CONTENT.mean((0, 1))
    assert np.abs(matched - wanted).max() < 0.5 * np.abs(own - wanted).max()


@pytest.mark.engine
@pytest.mark.parametrize("sides", [(32, 4), (96, 12), (32, 32, 4)])
def test_rolling_a_seamless_picture_rolls_its_gradient(
    painter: Painter, sides: tuple[int, ...]
) -> None:
    settings = Settings(precision="float32", backbone="vgg16")
    method = painter._method(MethodKey.of(settings, "vgg16", "float32"))
    levels = len(sides) - 1
    objective = TiledObjective(method.at(levels).objective, Tiling(sides, wraps=True))
    content, start, style = (tf.constant(landscape(96, 64, seed=s)[np.newaxis]) for s in range(3))
    styles = [[WeightedStyle(style, tf.ones_like(style[..., :1]), 1.0)]] * levels
    weights = method.weights(settings)

    def gradient(down: int, right: int) -> tuple[tf.Tensor, tf.Tensor]:
        rolled, target = (tf.roll(x, (down, right), (1, 2)) for x in (start, content))
        terms, found = objective.gradient(rolled, objective.targets(target, styles, None), weights)
        return terms, tf.roll(joined(found), (-down, -right), (1, 2))

    # By whole windows of the deepest pooling: within one, pooling itself tells positions apart.
    terms, expected = gradient(0, 0)
    rolled_terms, rolled = gradient(32, 64)
    np.testing.assert_allclose(rolled_terms, terms, rtol=1e-4)
    assert np.linalg.norm(rolled - expected) < 1e-4 * np.linalg.norm(expected)


@pytest.mark.engine
@pytest.mark.parametrize("size", ["full", 64])
def test_a_seamless_result_continues_on_its_other_side(painter: Painter, size: object) -> None:
    def seam(picture: Array) -> float:
        """Difference across the wrap beside that between neighbours."""
        across = np.abs(picture[:, 0] - picture[:, -1]).mean()
        return float(across / np.abs(np.diff(picture, axis=1)).mean())

    def painted(**changes: object) -> Array:
        always = {"iterations": 20, "precision": "auto", "size": size}
        return paint(painter, Style(ONE), mask=None, **always, **changes)

    assert seam(painted(seamless=True, init="noise", content_weight=0.0)) < 1.3
    wrapped = painted(seamless=True)
    assert wrapped.shape == CONTENT.shape
    assert seam(wrapped) < 1.0
    assert seam(painted()) > 1.5


@pytest.mark.engine
def test_layers_by_name(painter: Painter) -> None:
    named = paint(
        painter,
        Style(ONE),
        style_layers="block1_conv1:3,block2_conv1:3,block3_conv1:2,block4_conv1:2,block5_conv1:1",
        content_layers="block4_conv2",
    )
    np.testing.assert_allclose(named, paint(painter, Style(ONE)), atol=1e-5)
    shallow = paint(painter, Style(ONE), style_layers="block1_conv2")
    assert np.abs(shallow - named).mean() > 1e-3


@pytest.mark.parametrize("lengths", [(1360, 2731), (896, 4001), (96, 200), (64, 61)])
def test_margins_of_what_wraps_are_small_and_in_proportion(lengths: tuple[int, int]) -> None:
    small, large = lengths
    margin, enlarged = canvas._same_margins(small, large)
    assert 8 <= margin <= 128
    assert enlarged == pytest.approx(margin * large / small, abs=0.05)
