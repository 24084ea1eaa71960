"""Squared differences of feature maps."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.losses.content import squared_distance


def noise(*shape: int, seed: int) -> tf.Tensor:
    return tf.random.stateless_normal(shape, seed=(seed, 0))


@pytest.mark.parametrize("weighed", [False, True])
def test_distance_and_gradient_are_those_of_the_formula(weighed: bool) -> None:
    features, target = noise(1, 5, 7, 3, seed=1), noise(1, 5, 7, 3, seed=2)
    weight = tf.abs(noise(1, 5, 7, 1, seed=3)) if weighed else None
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        found = squared_distance(features, target, weight)
        factor = tf.ones([1, 5, 7, 1]) if weight is None else weight
        expected = tf.reduce_sum(factor * tf.square(features - target))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    upstream = tf.constant(3.0)
    own, formulas = (tape.gradient(way, features, upstream) for way in (found, expected))
    np.testing.assert_allclose(own, formulas, rtol=1e-5)


def test_of_bfloat16_it_is_summed_in_float32() -> None:
    features = tf.cast(noise(1, 64, 64, 8, seed=4), tf.bfloat16)
    target = tf.zeros_like(features)
    exact = tf.reduce_sum(tf.square(tf.cast(features, tf.float32)))
    assert float(squared_distance(features, target)) == pytest.approx(float(exact), rel=1e-5)
