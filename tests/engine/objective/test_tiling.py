"""Tiled is untiled: the geometry, and loss and gradient with the real network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.canvas import strips
from nst_server.engine.canvas.picture import Picture, Style, WeightedStyle
from nst_server.engine.canvas.strips import joined
from nst_server.engine.method import MethodKey
from nst_server.engine.network.vgg import layer_names
from nst_server.engine.objective.tiled import TiledObjective
from nst_server.engine.objective.tiling import (
    Largest,
    Tiling,
    checkpoints_fit,
    deep_side,
    receptive_halo,
    side_by_memory,
    tiles,
)
from nst_server.engine.objective.whole import Objective
from nst_server.engine.optimizers.lbfgs_step import LbfgsTensors
from nst_server.engine.painter import Painter
from nst_server.engine.planning.schedule import MARGIN, fast_width
from nst_server.engine.step_program import StepProgram
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings, StyleLossName
from tests.support.landscapes import landscape


@pytest.mark.parametrize("size", [(16, 16), (100, 70), (129, 257), (128, 143), (128, 144), (5, 5)])
@pytest.mark.parametrize("side", [16, 64, 100])
@pytest.mark.parametrize(("halo", "grid", "around"), [(40, 16, 48), (18, 8, 24), (5, 2, 6)])
def test_cells_cover_the_picture_once_and_begin_on_the_grid(
    size: tuple[int, int], side: int, halo: int, grid: int, around: int
) -> None:
    width, height = size
    covered = np.zeros((height, width), int)
    for tile in tiles(width, height, side, halo, grid):
        cell, outer = tile.cell, tile.outer
        covered[cell.y : cell.bottom, cell.x : cell.right] += 1
        assert {at % grid for at in (outer.x, outer.y, tile.inner.x, tile.inner.y)} == {0}
        assert cell.x - outer.x in (cell.x, around)
        assert outer.right - cell.right == min(width - cell.right, around)
        if outer.x > 0 and outer.right < width:
            assert outer.width == fast_width(outer.width)
    assert (covered == 1).all()


@pytest.mark.parametrize(
    ("backbone", "layer", "halo"),
    [("vgg16", "block5_conv1", 58), ("vgg19", "block5_conv1", 70), ("vgg19", "block5_conv2", 86)],
)
def test_halo_is_what_the_network_sees(backbone: str, layer: str, halo: int) -> None:
    names = layer_names(backbone)
    assert receptive_halo(names[: names.index(layer) + 1]) == halo


@pytest.mark.engine
@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("tiling", "size", "levels"),
    [
        (Tiling((32, 99)), (145, 98), 1),
        (Tiling((32, 8), keeps=False), (145, 98), 1),
        (Tiling((16, 2)), (67, 81), 1),
        (Tiling((32, 32, 8)), (145, 98), 2),
        (Tiling((32, 16, 99, 4), keeps=False), (131, 187), 3),
    ],
)
def test_loss_and_gradient_are_those_of_the_whole(
    painter: Painter,
    monkeypatch: pytest.MonkeyPatch,
    style_loss: StyleLossName,
    masked: bool,
    tiling: Tiling,
    size: tuple[int, int],
    levels: int,
) -> None:
    monkeypatch.setattr(strips, "PIXELS", 2500)  # several, of heights that fit no tile
    settings = Settings(style_loss=style_loss, backbone="vgg16", precision="float32")
    method = painter._method(MethodKey.of(settings, "vgg16", "float32"))
    whole: Objective = method.at(levels).objective
    tiled = TiledObjective(whole, tiling)
    content, start, style, other = (
        tf.constant(landscape(*size, seed=seed)[np.newaxis]) for seed in range(4)
    )
    styles = [
        WeightedStyle(style, tf.ones_like(style[..., :1]), 1.0),
        WeightedStyle(other, tf.ones_like(style[..., :1]), 0.5),
    ]
    importance = tf.constant(landscape(*size, seed=7)[np.newaxis, ..., :2]) if masked else None
    weights = method.weights(settings)
    expected_terms, expected = whole.gradient(
        start, whole.targets(content, [styles] * levels, importance), weights, importance
    )
    terms, found = tiled.gradient(
        start, tiled.targets(content, [styles] * levels, importance), weights, importance
    )
    np.testing.assert_allclose(terms, expected_terms, rtol=1e-4)
    difference = np.linalg.norm(joined(found) - joined(expected))
    assert difference < 1e-4 * np.linalg.norm(joined(expected))


@pytest.mark.engine
@pytest.mark.parametrize("keeps", [True, False])
def test_tiles_in_bfloat16_are_the_whole_but_for_rounding(painter: Painter, keeps: bool) -> None:
    pictures = [tf.constant(landscape(145, 98, seed=seed)[np.newaxis]) for seed in range(3)]
    content, start, style = pictures
    found = []
    for precision, tiling in (
        ("float32", None),
        ("bfloat16", None),
        ("bfloat16", Tiling((32, 8), keeps)),
    ):
        method = painter._method(MethodKey.of(Settings(), "vgg16", precision))
        objective = method.at(1).objective
        pieces = TiledObjective(objective, tiling) if tiling else objective
        # Of the kind that goes with the pieces.
        targets: Any = pieces.targets(content, [[WeightedStyle(style, None, 1.0)]], None)
        _, gradient = pieces.gradient(start, targets, method.weights(Settings()))
        found.append(joined(gradient))
    exact, whole, tiled = found
    assert np.linalg.norm(tiled - exact) < 1.5 * np.linalg.norm(whole - exact)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("style_layers", "content_layers", "sides"),
    [
        ("block1_conv1,block3_conv2", "block2_conv2", (32,)),
        ("block5_conv1,block1_conv2", "block4_conv1,block1_conv1", (32, 4)),
        ("block4_conv1", "block4_conv2", (32, 99)),
    ],
)
def test_any_layers_are_compared_in_tiles(
    painter: Painter, style_layers: str, content_layers: str, sides: tuple[int, ...]
) -> None:
    settings = Settings(style_layers=style_layers, content_layers=content_layers)
    method = painter._method(MethodKey.of(settings, "vgg16", "float32"))
    content, start = (tf.constant(landscape(97, 70, seed=seed)[np.newaxis]) for seed in range(2))
    whole = method.at(1).objective
    tiled = TiledObjective(whole, Tiling(sides))
    styles = [[WeightedStyle(content[:, ::-1], None, 1.0)]]
    weights = method.weights(settings)
    expected_terms, expected = whole.gradient(start, whole.targets(content, styles, None), weights)
    terms, found = tiled.gradient(start, tiled.targets(content, styles, None), weights)
    np.testing.assert_allclose(terms, expected_terms, rtol=1e-4)
    difference = np.linalg.norm(joined(found) - joined(expected))
    assert difference < 1e-4 * np.linalg.norm(joined(expected))


@pytest.mark.engine
@pytest.mark.parametrize("keeps", [True, False])
def test_what_is_kept_is_not_computed_again(
    painter: Painter, monkeypatch: pytest.MonkeyPatch, keeps: bool
) -> None:
    objective = painter._method(MethodKey.of(Settings(), "vgg16", "float32")).at(1).objective
    first, _ = objective.stages
    number = len(list(tiles(97, 121, 32, first.halo, first.grid)))
    tiled = TiledObjective(objective, Tiling((32, 99), keeps))
    picture = tf.constant(landscape(97, 121)[np.newaxis])
    targets = tiled.targets(picture, [[WeightedStyle(picture, None, 1.0)]], None)
    original, computed = first.forward, []

    def counted(*arguments: tf.Tensor) -> object:
        computed.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(first, "forward", counted)
    tiled.gradient(picture, targets, tf.ones([3]))
    assert number == 6
    assert len(computed) == (number if keeps else 2 * number)


@pytest.mark.engine
def test_where_memory_runs_out_it_goes_on_in_smaller_tiles(
    painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, style = Picture(landscape(304, 200, seed=1)), Style(Picture(landscape(64, 64)))
    settings = Settings(iterations=3, coarsest=0, precision="float32", size="full")
    expected = list(painter.stylize(content, [style], settings))[-1]
    refused = []

    def out_of_memory(self: object, picture: tf.Tensor, *_: object) -> None:
        refused.append(picture.shape)
        raise tf.errors.ResourceExhaustedError(None, None, "no memory for so much")

    def step_out_of_memory(_: StepProgram, state: LbfgsTensors, *__: object) -> None:
        out_of_memory(None, state.picture)

    monkeypatch.setattr(StepProgram, "_next", step_out_of_memory)
    monkeypatch.setattr(Objective, "gradient", out_of_memory)
    found = list(painter.stylize(content, [style], settings))[-1]
    # As one function, and then in strips.
    assert refused == [(1, 200 + 2 * MARGIN, 304 + 2 * MARGIN, 3)] * 2
    assert found.progress.loss == pytest.approx(expected.progress.loss, rel=1e-4)
    assert np.abs(found.result() - expected.result()).mean() < 1e-4

    tiled = TiledObjective.gradient
    tried = []

    def out_of_memory_twice(self: TiledObjective, *arguments: Any) -> Any:
        tried.append(self._tiling)
        if len(tried) < 3:
            raise tf.errors.ResourceExhaustedError(None, None, "no memory for so much")
        return tiled(self, *arguments)

    monkeypatch.setattr(TiledObjective, "gradient", out_of_memory_twice)
    list(painter.stylize(content, [style], replace(settings, tile=512, iterations=1)))
    assert [tiling.keeps for tiling in tried] == [True, False, False]
    assert tried[1].sides == tried[0].sides
    assert tried[2].sides == tuple(side // 2 for side in tried[0].sides)

    monkeypatch.setattr(TiledObjective, "gradient", out_of_memory)
    with pytest.raises(NeuralStyleError, match="not enough memory") as caught:
        list(painter.stylize(content, [style], settings))
    assert caught.value.code == "out-of-memory"


def test_pieces_are_as_large_as_memory_allows() -> None:
    free = 8 * 2**30
    largest = Largest(3_000_000, 600_000)
    assert side_by_memory(1000, 1000, largest, 1000, 18, free) is None
    assert side_by_memory(2000, 1500, largest, 1000, 18, free) is None
    assert side_by_memory(2000, 1501, largest, 1000, 18, 8 * free) == 736
    assert side_by_memory(6000, 4000, largest, 1000, 18, free) == 736
    assert side_by_memory(6000, 4000, largest._replace(tile=10**6), 1000, 18, free) == 960
    less = side_by_memory(6000, 4000, largest.in_precision("float32"), 2400, 18, 2**30)
    assert less is not None
    assert less < 512
    assert side_by_memory(6000, 4000, largest, 2400, 18, 1000) == 128
    assert side_by_memory(6000, 4000, largest, 2400, 18, None) is not None


@pytest.mark.engine
@pytest.mark.parametrize(
    ("precision", "style_layers", "most"),
    [
        ("bfloat16", "", 50),
        ("float32", "", 29),
        ("bfloat16", "block1_conv2,block2_conv2,block3_conv3,block4_conv3", 16),
    ],
)
def test_what_is_kept_leaves_room_for_the_picture(
    painter: Painter, precision: str, style_layers: str, most: int
) -> None:
    """``most`` are the megapixels of which everything is kept, where much memory is free."""
    choice = MethodKey.of(Settings(style_layers=style_layers), "vgg16", precision)
    kept = sum(stage.checkpoint_bytes for stage in painter._method(choice).at(1).objective.stages)
    gigabyte = 2**30
    assert checkpoints_fit(most * 1000, 1000, kept, 64 * gigabyte)
    assert not checkpoints_fit(most * 1250, 1000, kept, 64 * gigabyte)
    assert checkpoints_fit(most * 1000, 1000, kept, 6 * gigabyte)
    assert not checkpoints_fit(most * 1000, 1000, kept, 5 * gigabyte)
    assert checkpoints_fit(most * 1000, 1000, kept, None)


def test_tiles_of_the_second_stage_are_larger() -> None:
    assert 1600 < deep_side(3) << 3 < 1760


def test_tiles_are_alike() -> None:
    pieces = list(tiles(1000, 500, 440, halo=18, grid=8))
    assert [(tile.cell.width, tile.cell.height) for tile in pieces] == [
        *[(344, 264), (320, 264), (336, 264)],
        *[(344, 236), (320, 236), (336, 236)],
    ]
    assert {tile.outer.width for tile in pieces} == {368, 360}
