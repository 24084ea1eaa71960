"""Layers with gradients of our own are the same as TensorFlow's, there and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.network import compiled, gradients
from nst_server.engine.network.gradients import convolve_picture, pooled, relu, relu_gradient

Layer = Callable[[tf.Tensor], tf.Tensor]

POOLINGS = ["", "average", "max"]


@pytest.fixture(params=[True, False], ids=["compiled", "plain"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All maps of a test as if they were large, and as small as they are."""
    monkeypatch.setattr(compiled, "is_worth_compiling", lambda *_: tf.constant(request.param))


def same_there_and_back(own: Layer, plain: Layer, x: tf.Tensor) -> None:
    results, gradients = [], []
    for layer in (own, plain):
        with tf.GradientTape() as tape:
            tape.watch(x)
            result = layer(x)
        upstream = tf.random.stateless_normal(result.shape, seed=(3, 4))
        results.append(result)
        gradients.append(tape.gradient(result, x, output_gradients=upstream))
    np.testing.assert_array_equal(*results)
    found, expected = gradients
    assert found.shape == x.shape
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("size", [(32, 40), (33, 41), (35, 47), (3, 3)])
def test_convolution_of_a_picture(size: tuple[int, int], padding: str) -> None:
    picture = tf.random.stateless_uniform([1, *size, 3], seed=(1, 2))
    kernel = tf.random.stateless_normal([3, 3, 3, 64], seed=(5, 6))
    same_there_and_back(
        lambda x: convolve_picture(x, kernel, padding),
        lambda x: tf.nn.conv2d(x, kernel, 1, padding),
        picture,
    )


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("size", [(8, 6), (9, 6), (8, 7), (9, 7)])
def test_relu_and_pooling(size: tuple[int, int], pooling: str) -> None:
    features = tf.random.stateless_normal([1, *size, 16], seed=(1, 2))
    same_there_and_back(
        lambda x: relu(x, pooling), lambda x: pooled(tf.nn.relu(x), pooling), features
    )


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("goes_on", [True, False])
def test_gradient_of_what_is_measured_in_a_cell(goes_on: bool, pooling: str) -> None:
    sums = tf.random.stateless_normal([1, 9, 11, 16], seed=(1, 2))
    upstream = tf.random.stateless_normal(pooled(sums, pooling).shape, seed=(3, 4))
    with tf.GradientTape() as tape:
        tape.watch(sums)
        features = tf.nn.relu(sums)
        loss = tf.reduce_sum(tf.sin(features[:, 2:7, 4:10]))
        if goes_on:
            loss += tf.reduce_sum(upstream * pooled(features, pooling))
    measured = tf.cos(features[:, 2:7, 4:10])
    found = relu_gradient(
        features,
        upstream if goes_on else None,
        measured,
        tf.constant([2, 7, 4, 10]),
        pooling=pooling,
    )
    np.testing.assert_allclose(found, tape.gradient(loss, sums), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_what_is_before_relu_goes_nowhere_else(pooling: str) -> None:
    """Else TensorFlow does not fuse bias and ReLU with the convolution, and keeps both maps."""

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 16])])  # type: ignore[untyped-decorator]
    def back(features: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(features)
            given = relu(tf.nn.bias_add(features, tf.ones([16])), pooling)
        return tape.gradient(given, features)

    (bias,) = (
        operation
        for operation in back.get_concrete_function().graph.get_operations()
        if operation.type == "BiasAdd"
    )
    # IdentityN is how TensorFlow marks a gradient of our own; nothing takes the map from there.
    taken_by = {operation.type for operation in bias.outputs[0].consumers()}
    assert taken_by <= {"Relu", "IdentityN"}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_integers_let_through_what_numbers_do(precision: str) -> None:
    values = tf.constant([-3.0, -1e-30, -0.0, 0.0, 1e-30, 0.5, 2.0], precision)
    features, gradient = tf.meshgrid(values, values)
    np.testing.assert_array_equal(
        gradients._as_integers(features, gradient), gradients._as_numbers(features, gradient)
    )
