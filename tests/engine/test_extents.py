"""A picture in a bucket is painted as it is by itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.canvas.canvas import View
from nst_server.engine.canvas.picture import WeightedStyle
from nst_server.engine.compile_ahead import Compiler
from nst_server.engine.method import Method, MethodKey
from nst_server.engine.network.extent import Extent, in_corner
from nst_server.engine.optimizers.lbfgs_step import LbfgsTensors
from nst_server.engine.optimizers.preconditioner import STROKES, smooth_whole
from nst_server.engine.step_program import Tuning
from nst_server.host.program_cache import ProgramCache
from nst_server.values.settings import Settings
from tests.support.landscapes import landscape

BUCKET = 112, 96


def batch(width: int, height: int, seed: int) -> tf.Tensor:
    return tf.constant(landscape(width, height, seed=seed)[np.newaxis])


@cache
def method_for(key: MethodKey, file: Path, *, in_bucket: bool) -> Method:
    compiler = Compiler("never", ProgramCache(None))
    compiler.compiles = in_bucket
    return Method.build(key, file, compiler)


def steps(
    file: Path, settings: Settings, view: View, regions: int, levels: int, *, in_bucket: bool
) -> list[tuple[LbfgsTensors, tf.Tensor]]:
    """Make three steps, compiled by nobody."""
    key = MethodKey.of(settings, "vgg16", "float32", regions)
    method = method_for(key, file, in_bucket=in_bucket)
    styles = [
        WeightedStyle(batch(80, 64, seed=5 + region), None, 1.0, region)
        for region in range(regions)
    ]
    objective, step = method.at(levels)
    targets = objective.targets(view.content, [styles] * levels, view.importance)
    assert step is not None
    tuning = Tuning(method.weights(settings), STROKES.in_tensors())
    start = batch(view.content.shape[2], view.content.shape[1], seed=9)
    state, given = step._arguments(start, view, targets, tuning, BUCKET)
    assert bool(given.extent) == in_bucket
    found = []
    for _ in range(3):
        state, terms = step._plain(given)(state, given)
        found.append((state, terms))
    return found


@pytest.mark.engine
@pytest.mark.parametrize("size", [(112, 96), (111, 95), (97, 66), (75, 83), (33, 32)])
@pytest.mark.parametrize("kind", ["plain", "masked", "regions", "gram", "notebook", "levels"])
def test_a_step_in_a_bucket_is_the_step_without(
    size: tuple[int, int], kind: str, vgg16_file: Path
) -> None:
    settings = Settings.of_preset(
        "classic" if kind == "notebook" else "standard",
        optimizer="lbfgs",
        **({"style_loss": "gram"} if kind == "gram" else {}),
    )
    levels = 2 if kind == "levels" else 1
    width, height = (max(side, 64) for side in size) if levels > 1 else size
    mask = importance = None
    regions = 2 if kind == "regions" else 1
    if kind in ("masked", "regions", "levels"):
        mask = batch(width, height, seed=3)[..., :1]
        importance = tf.concat([mask, mask**2, 1 - mask**2][: 1 + regions], -1)
    view = View(batch(width, height, seed=2), mask, importance)
    expected = steps(vgg16_file, settings, view, regions, levels, in_bucket=False)
    found = steps(vgg16_file, settings, view, regions, levels, in_bucket=True)
    for (state, terms), (other, other_terms) in zip(expected, found, strict=True):
        np.testing.assert_allclose(other_terms, terms, rtol=2e-4)
        assert int(other.pairs) == int(state.pairs)
        for name in ("picture", "kept", "gradient", "direction"):
            value, in_corner_of = getattr(state, name).numpy(), getattr(other, name).numpy()
            largest = np.abs(value).max()
            difference = in_corner_of[:, :height, :width] - value
            assert np.abs(difference).max() < 0.02 * largest, name
            assert np.abs(difference).mean() < 1e-3 * largest, name
            assert not in_corner_of[:, height:].any(), name
            assert not in_corner_of[:, :, width:].any(), name
        history = other.history.numpy().reshape(-1, 96, 112, 3)
        assert not history[:, height:].any()
        assert not history[:, :, width:].any()


def test_a_border_is_mirrored_and_repeated_where_the_extent_ends() -> None:
    picture = batch(20, 15, seed=1)
    extent, wide = Extent(tf.constant([15, 20])), in_corner(picture, 32, 24)
    around = extent.mirrored(wide, 6).numpy()[:, :27, :32]
    pads = ((0, 0), (6, 6), (6, 6), (0, 0))
    np.testing.assert_array_equal(around, tf.pad(picture, pads, "SYMMETRIC"))
    bordered = extent.with_border(wide).numpy()[:, :16, :21]
    np.testing.assert_array_equal(bordered[:, 15], bordered[:, 14])
    np.testing.assert_array_equal(bordered[:, :, 20], bordered[:, :, 19])
    smoothed = smooth_whole(wide, extent=extent).numpy()
    np.testing.assert_allclose(smoothed[:, :15, :20], smooth_whole(picture), rtol=1e-5)
    assert not smoothed[:, 15:].any()
    assert not smoothed[:, :, 20:].any()
