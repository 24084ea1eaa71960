"""There and back with little kept: the gradient is that of the tape, and little is little."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.method import MethodKey
from nst_server.engine.network import checkpointing
from nst_server.engine.network.cells import whole
from nst_server.engine.network.vgg import Convolution, feature_maps
from nst_server.engine.painter import Painter
from nst_server.values.settings import Pooling, Settings
from tests.support.landscapes import landscape

MEASURED = ["block5_conv1", "block1_conv1,block1_conv2,block3_conv3,block4_conv1,block5_conv1"]
"""Little of the network, and much: layers that are pooled and layers that widen, too."""


def _convolutions(painter: Painter, settings: Settings, precision: str) -> list[Convolution]:
    stages = painter._method(MethodKey.of(settings, "vgg16", precision)).at(1).objective.stages
    return [convolution for stage in stages for convolution in stage.convolutions]


@pytest.mark.engine
@pytest.mark.parametrize("pooling", ["max", "mixed", "average"])
@pytest.mark.parametrize("measured", MEASURED)
def test_back_is_the_gradient_of_there(painter: Painter, pooling: Pooling, measured: str) -> None:
    settings = Settings(pooling=pooling, style_layers=measured)
    convolutions = _convolutions(painter, settings, "float32")
    picture = tf.constant(landscape(75, 82, seed=1)[np.newaxis])
    with tf.GradientTape() as tape:
        tape.watch(picture)
        maps, rest = feature_maps(convolutions, picture)
        # Of different weight, so that none stands for another.
        loss = tf.add_n([tf.nn.l2_loss(maps[name]) / len(name) for name in maps])
        loss += 3.0 * tf.nn.l2_loss(rest)
    expected = tape.gradient(loss, picture)
    _, onward, kept = checkpointing.forward(convolutions, picture)

    def slope(name: str, features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return features / len(name), whole(features)

    found = checkpointing.backward(convolutions, picture, kept, slope, 3.0 * onward)
    assert np.linalg.norm(found - expected) < 1e-5 * np.linalg.norm(expected)


@pytest.mark.engine
def test_little_is_kept(painter: Painter) -> None:
    convolutions = _convolutions(painter, Settings(), "bfloat16")
    picture = tf.constant(landscape(64, 64)[np.newaxis])
    maps, _, kept = checkpointing.forward(convolutions, picture)
    by_pixel = sum(len(one.numpy().tobytes()) for one in kept) / 64**2
    everything = sum(one.kernel.shape[-1] * 2 / 4 ** (int(one.name[5]) - 1) for one in convolutions)
    assert everything > 500
    assert by_pixel < 60
    assert by_pixel == pytest.approx(checkpointing.checkpoint_bytes(convolutions))
    assert set(maps) == {one.name for one in convolutions if one.measured}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_bits_let_through_what_was_positive(precision: str) -> None:
    """All 256 bytes, beside one another."""
    every = np.arange(256)[:, np.newaxis] >> np.arange(8) & 1
    mask = tf.constant(every.reshape(1, 4, 4, 128), precision)
    bits = checkpointing._pack_mask(mask / 3)
    assert bits.shape == (1, 4, 4, 16)
    upstream = tf.cast(tf.random.stateless_normal(mask.shape, seed=(1, 2)), precision)
    np.testing.assert_array_equal(
        checkpointing._apply_mask(bits, upstream, pooling=""), upstream * mask
    )
