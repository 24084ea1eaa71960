"""A plain version of the loop in TensorFlow's "nst_blogpost" notebook, the common baseline.

Eager, float32, one gradient per iteration, Adam 5 / .99 / .999 / 1e-1 on pixels of 0 to 255. It
uses nothing of the engine, so that it can be the judge as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

CONTENT_LAYER = "block5_conv2"
STYLE_LAYERS = [f"block{block}_conv1" for block in range(1, 6)]
CONTENT_WEIGHT = 1e3
STYLE_WEIGHT = 1e-2
MEANS = np.array([103.939, 116.779, 123.68], np.float32)
ITERATIONS = 1000


class Notebook:
    """The notebook for one content and one style, height × width × 3 each, RGB in [0, 1]."""

    def __init__(
        self, network: keras.Model, content: npt.NDArray[Any], style: npt.NDArray[Any]
    ) -> None:
        layers = [CONTENT_LAYER, *STYLE_LAYERS]
        outputs = [network.get_layer(name).output for name in layers]
        self._model = keras.Model(network.input, outputs)
        self._content_image = _preprocessed(content)
        self._content = self._model(self._content_image)[0]
        self._style = [_gram(features) for features in self._model(_preprocessed(style))[1:]]

    def losses(self) -> Iterator[float]:
        """Paint forever; yield the loss of every iteration, computed before its step."""
        image = tf.Variable(self._content_image)
        optimizer = keras.optimizers.Adam(5.0, beta_1=0.99, beta_2=0.999, epsilon=1e-1)
        best_loss = float("inf")
        while True:
            with tf.GradientTape() as tape:
                loss = self._loss(image)
            gradient = tape.gradient(loss, image)
            optimizer.apply([gradient], [image])
            image.assign(tf.clip_by_value(image, -MEANS, 255.0 - MEANS))
            if float(loss) < best_loss:
                best_loss = float(loss)
                self.best_image = _deprocessed(image.numpy())
            yield float(loss)

    def loss_of(self, picture: npt.NDArray[Any]) -> float:
        """Value of the objective for a picture, RGB in [0, 1]."""
        return float(self._loss(tf.convert_to_tensor(_preprocessed(picture))))

    def _loss(self, image: Any) -> Any:
        content, *style = self._model(image)
        content_score = tf.reduce_mean(tf.square(content - self._content))
        style_score = tf.add_n(
            [
                tf.reduce_mean(tf.square(_gram(features) - target)) / len(self._style)
                for features, target in zip(style, self._style, strict=True)
            ]
        )
        return CONTENT_WEIGHT * content_score + STYLE_WEIGHT * style_score


def _gram(features: Any) -> Any:
    rows = tf.reshape(features, [-1, features.shape[-1]])
    return tf.matmul(rows, rows, transpose_a=True) / tf.cast(tf.shape(rows)[0], tf.float32)


def _preprocessed(picture: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return np.asarray(picture[np.newaxis, ..., ::-1] * 255.0 - MEANS, np.float32)


def _deprocessed(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return np.asarray(np.clip((image[0] + MEANS)[..., ::-1], 0, 255), np.uint8)
