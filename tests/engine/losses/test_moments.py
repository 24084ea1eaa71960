"""Moments as a value type: what is added, weighed and blended."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.losses.moments import blend, moments
from nst_server.engine.network.program import Program


@pytest.fixture
def features() -> tf.Tensor:
    values = np.random.default_rng(0).standard_normal((1, 10, 14, 6))
    return tf.constant(values, tf.float32)


def test_parts_add_up_to_the_whole(features: tf.Tensor) -> None:
    whole = moments(features)
    parts = moments(features[:, :3]) + moments(features[:, 3:])
    np.testing.assert_allclose(parts.gram, whole.gram, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-5, atol=1e-6)
    assert float(parts.count) == float(whole.count) == 140


def test_weight_of_one_is_no_weight(features: tf.Tensor) -> None:
    weighed = moments(features, tf.ones_like(features[..., :1]))
    np.testing.assert_allclose(weighed.gram, moments(features).gram, rtol=1e-5, atol=1e-6)


def test_weight_of_nothing_leaves_out(features: tf.Tensor) -> None:
    weight = np.zeros((1, 10, 14, 1), np.float32)
    weight[:, :4] = 1
    weighed = moments(features, tf.constant(weight))
    np.testing.assert_allclose(weighed.gram, moments(features[:, :4]).gram, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("weighed", [False, True])
def test_gradient_is_that_of_plain_operations(features: tf.Tensor, weighed: bool) -> None:
    weight = tf.random.stateless_uniform((1, 10, 14, 1), seed=(1, 2))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        rows = tf.reshape(features, [-1, 6])
        scale = tf.reshape(weight, [-1, 1]) if weighed else 1.0
        expected = tf.reduce_sum(tf.sin(tf.transpose(rows * scale) @ rows))
        found = tf.reduce_sum(tf.sin(moments(features, weight if weighed else None).second))
    np.testing.assert_allclose(
        tape.gradient(found, features), tape.gradient(expected, features), rtol=1e-4, atol=1e-4
    )


def test_bfloat16_products_are_added_in_float32() -> None:
    random = np.random.default_rng(0)
    features = tf.cast(np.abs(random.standard_normal((1, 64, 65, 16))), tf.bfloat16)
    exact = moments(tf.cast(features, tf.float32))
    found = moments(features)
    assert found.second.dtype == tf.float32
    rows = tf.reshape(features, [-1, 16])
    one_product = tf.cast(tf.matmul(rows, rows, transpose_a=True), tf.float32)

    def error(second: tf.Tensor) -> float:
        return float(np.linalg.norm(second - exact.second) / np.linalg.norm(exact.second))

    # By the kernels: 1e-3 of 2e-3 with oneDNN's, 3e-3 of 4e-3 with Eigen's.
    assert error(found.second) < 0.85 * error(one_product)


def test_blends(features: tf.Tensor) -> None:
    one, other = moments(features), moments(features[:, ::2] + 1)
    np.testing.assert_allclose(blend([(one, 1), (other, 0)]).gram, one.gram, rtol=1e-6)
    np.testing.assert_allclose(
        blend([(one, 2), (other, 2)]).gram, blend([(other, 1), (one, 1)]).gram, rtol=1e-5
    )
    np.testing.assert_allclose(
        blend([(one, 3), (other, 1)]).gram, 0.75 * one.gram + 0.25 * other.gram, rtol=1e-5
    )


def test_a_program_adds_up_bfloat16_to_a_covariance() -> None:
    """The maps are nearly flat. With rounded sums, their covariance has negative eigenvalues."""
    noise = tf.random.stateless_normal([1, 200, 300, 8], (1, 2))
    mixed = tf.tensordot(noise, tf.random.stateless_normal([8, 32], (3, 4)), 1)
    features = tf.cast(3.0 + 0.02 * mixed, tf.bfloat16)

    def compiled(features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        measured = moments(features)
        return measured.gram, measured.mean

    gram, mean = Program(compiled, (features,))(features)
    rows = tf.reshape(tf.cast(features, tf.float32), [-1, 32]).numpy().astype(np.float64)
    np.testing.assert_allclose(gram, rows.T @ rows / len(rows), rtol=1e-5)
    covariance = gram.numpy().astype(np.float64) - np.outer(mean, mean)
    values = np.linalg.eigvalsh(covariance)
    assert values[0] > -1e-3 * values[-1]
