"""Layers with gradients of our own are the same as TensorFlow's, there and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.ways_back import (
    convolve_picture,
    relu_and_average_pool,
    relu_and_max_pool,
)

Layer = Callable[[tf.Tensor], tf.Tensor]


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
    assert gradients[0].shape == x.shape
    np.testing.assert_allclose(*gradients, rtol=1e-4, atol=1e-4)


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


@pytest.mark.parametrize("size", [(8, 6), (9, 6), (8, 7), (9, 7)])
@pytest.mark.parametrize(
    ("own", "pool"),
    [(relu_and_average_pool, tf.nn.avg_pool2d), (relu_and_max_pool, tf.nn.max_pool2d)],
)
def test_poolings(own: Layer, pool: Callable[..., tf.Tensor], size: tuple[int, int]) -> None:
    features = tf.random.stateless_normal([1, *size, 16], seed=(1, 2))
    same_there_and_back(own, lambda x: pool(tf.nn.relu(x), 2, 2, "VALID"), features)


@pytest.mark.parametrize("own", [relu_and_average_pool, relu_and_max_pool])
def test_what_is_before_relu_goes_nowhere_else(own: Layer) -> None:
    """Else TensorFlow does not fuse bias and ReLU with the convolution, and keeps both maps."""

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 16])])  # type: ignore[untyped-decorator]
    def back(features: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(features)
            pooled = own(tf.nn.bias_add(features, tf.ones([16])))
        return tape.gradient(pooled, features)

    (bias,) = (
        operation
        for operation in back.get_concrete_function().graph.get_operations()
        if operation.type == "BiasAdd"
    )
    # IdentityN is how TensorFlow marks a gradient of our own; nothing takes the map from there.
    taken_by = {operation.type for operation in bias.outputs[0].consumers()}
    assert taken_by <= {"Relu", "IdentityN"}
