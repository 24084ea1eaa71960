"""Adam on a picture, with the average of its iterates; pure functions of a state value."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class AdamRule:
    """How far and how smoothly Adam steps; units are those of a picture in [0, 1]."""

    learning_rate: float
    beta_1: float
    beta_2: float
    epsilon: float
    averaging: float
    """Decay of the average of iterates; 0 takes the last iterate."""


RELATIVE = AdamRule(0.02, 0.9, 0.99, 1e-8, 0.97)
"""For relative losses. The average of iterates takes the noise out that the last step has
(crowsonkb, style-transfer-pytorch)."""

NOTEBOOK = AdamRule(5.0 / 255.0, 0.99, 0.999, 1e-1 * 255.0, 0.0)
"""The notebook's Adam works on pixels of 0 to 255 with a rate of 5 and an ε of 0.1. In [0, 1]
gradients are 255 times as large, so the same steps need the rate ÷ 255 and ε × 255."""


class AdamState(tf.experimental.ExtensionType):  # type: ignore[misc]
    """The picture and what Adam remembers of it; pictures are 1 × h × w × 3, float32."""

    picture: tf.Tensor
    mean: tf.Tensor
    variance: tf.Tensor
    average: tf.Tensor
    """Exponential sum of the iterates, not yet divided by its share of one."""
    steps: tf.Tensor
    """Steps that ``mean`` and ``variance`` have seen."""
    averaged: tf.Tensor
    """Steps that ``average`` has seen."""


_PICTURE = tf.TensorSpec([1, None, None, 3])
_STATE = AdamState.Spec(
    picture=_PICTURE,
    mean=_PICTURE,
    variance=_PICTURE,
    average=_PICTURE,
    steps=tf.TensorSpec([]),
    averaged=tf.TensorSpec([]),
)


class Adam:
    """Adam (Kingma and Ba 2015, the form with ε outside the correction, as TensorFlow's own)."""

    def __init__(self, rule: AdamRule) -> None:
        self._rule = rule
        self._traced = tf.function(self._step, input_signature=[_STATE, _PICTURE])

    def start(self, picture: tf.Tensor) -> AdamState:
        """Before the first step."""
        zeros = tf.zeros_like(picture)
        return AdamState(picture, zeros, zeros, zeros, tf.constant(0.0), tf.constant(0.0))

    def step(self, state: AdamState, gradient: tf.Tensor, loss: float) -> AdamState:
        """The state after one step against the gradient; the loss does not matter."""
        return self._traced(state, gradient)  # type: ignore[no-any-return]

    def _step(self, state: AdamState, gradient: tf.Tensor) -> AdamState:
        rule = self._rule
        steps = state.steps + 1.0
        mean = rule.beta_1 * state.mean + (1.0 - rule.beta_1) * gradient
        variance = rule.beta_2 * state.variance + (1.0 - rule.beta_2) * tf.square(gradient)
        rate = rule.learning_rate * tf.sqrt(1.0 - rule.beta_2**steps) / (1.0 - rule.beta_1**steps)
        moved = state.picture - rate * mean / (tf.sqrt(variance) + rule.epsilon)
        picture = tf.clip_by_value(moved, 0.0, 1.0)
        average = rule.averaging * state.average + (1.0 - rule.averaging) * picture
        return AdamState(picture, mean, variance, average, steps, state.averaged + 1.0)

    def result(self, state: AdamState) -> tf.Tensor:
        """The average of the iterates, its start corrected for; the picture before any step."""
        if float(state.averaged) == 0.0:
            return state.picture
        return state.average / (1.0 - self._rule.averaging**state.averaged)

    def resized(self, state: AdamState, height: int, width: int) -> AdamState:
        """The state at another size: the next scale goes on from the average, with warm moments."""

        def resize(values: tf.Tensor, method: str) -> tf.Tensor:
            return tf.image.resize(values, (height, width), method=method)

        picture = tf.clip_by_value(resize(self.result(state), "bicubic"), 0.0, 1.0)
        return AdamState(
            picture,
            resize(state.mean, "bicubic"),
            tf.nn.relu(resize(state.variance, "bilinear")),
            tf.zeros_like(picture),
            state.steps,
            tf.constant(0.0),
        )
