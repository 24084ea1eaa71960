"""The pretrained network in two plain forms, for comparison with the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from nst_server.engine.network import vgg as trained


class Convolutions:
    """Only the convolutions and poolings of a backbone: no bias, no ReLU, no loss.

    From a picture and the gradient of the last feature map it computes the gradient of the picture,
    which no step of a style transfer can do without.
    """

    def __init__(
        self, backbone: str, weights: Path, deepest: str, *, pooling: str, precision: str
    ) -> None:
        parameters = trained.read_weights(backbone, weights)
        names = trained.layer_names(backbone)
        self._layers = [
            (name, tf.constant(parameters[name][0], precision))
            for name in names[: names.index(deepest) + 1]
        ]
        self._pooling = pooling
        self._precision = precision
        self._shrinks = 2 ** trained.shrinkage(deepest)
        self._channels = trained.filters(deepest)
        signature = [
            tf.TensorSpec([1, None, None, 3]),
            tf.TensorSpec([1, None, None, self._channels], precision),
        ]
        self._traced = tf.function(self._gradient, input_signature=signature, autograph=False)

    def upstream(self, picture: tf.Tensor) -> tf.Tensor:
        """A gradient of ones with the shape of the last feature map of ``picture``."""
        height, width = (side // self._shrinks for side in picture.shape[1:3])
        return tf.ones([1, height, width, self._channels], self._precision)

    def gradient(self, picture: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
        """Run forward and backward; return the picture's gradient, 1 × h × w × 3."""
        return self._traced(picture, upstream)

    def _gradient(self, picture: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(picture)
            x = tf.cast(picture, self._precision)
            previous = ""
            for name, kernel in self._layers:
                if previous and name.endswith("_conv1"):
                    average = trained.pooling_of(self._pooling, previous) == "average"
                    pool = tf.nn.avg_pool2d if average else tf.nn.max_pool2d
                    x = pool(x, 2, 2, "VALID")
                x = tf.nn.conv2d(x, kernel, 1, "SAME")
                previous = name
        return tape.gradient(x, picture, output_gradients=upstream)


def published(backbone: str, weights: Path) -> keras.Model:
    """The model as published by Keras, without its top and with our file of weights."""
    builder: Any = getattr(keras.applications, backbone.upper())
    model = builder(include_top=False, weights=None)
    for name, values in trained.read_weights(backbone, weights).items():
        model.get_layer(name).set_weights(values)
    model.trainable = False
    return model
