"""Adam on a picture, with the average of its iterates."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from nst_server.engine import parts


@dataclass(frozen=True)
class AdamRule:
    """How far and how smoothly Adam steps; units are those of a picture in [0, 1]."""

    learning_rate: float
    beta_1: float
    beta_2: float
    epsilon: float
    averaging: float
    """Decay of the average of iterates; 0 takes the picture of the least loss."""


RELATIVE = AdamRule(0.02, 0.9, 0.99, 1e-8, 0.97)
"""For relative losses. The average of iterates takes the noise out that the last step has
(crowsonkb, style-transfer-pytorch)."""

NOTEBOOK = AdamRule(5.0 / 255.0, 0.99, 0.999, 1e-1 * 255.0, 0.0)
"""The notebook's Adam works on pixels of 0 to 255 with a rate of 5 and an ε of 0.1. In [0, 1]
gradients are 255 times as large, so the same steps need the rate ÷ 255 and ε × 255."""


@dataclass
class AdamState:
    """The picture, 1 × h × w × 3, and what Adam remembers of it; changed by each step."""

    picture: tf.Tensor
    mean: tf.Variable
    """Of the gradients, as a row of numbers."""
    variance: tf.Variable
    """Of the gradients about zero, likewise."""
    average: tf.Variable
    """Exponential sum of the iterates, likewise, not yet divided by its share of one."""
    best: tf.Tensor
    """The picture after the step whose loss was the least."""
    loss: float = float("inf")
    """Before that step."""
    steps: int = 0
    """That ``mean`` and ``variance`` have seen."""
    averaged: int = 0
    """Steps that ``average`` has seen."""


_NUMBERS = tf.TensorSpec([None])


class Adam:
    """Adam (Kingma and Ba 2015, the form with ε outside the correction, as TensorFlow's own)."""

    def __init__(self, rule: AdamRule) -> None:
        self._rule = rule
        self._traced = tf.function(self._step, input_signature=[*[_NUMBERS] * 5, tf.TensorSpec([])])

    def start(self, picture: tf.Tensor) -> AdamState:
        """Before the first step."""
        return AdamState(picture, _zeros(picture), _zeros(picture), _zeros(picture), picture)

    def step(self, state: AdamState, gradient: tf.Tensor, loss: float) -> None:
        """One step against the gradient of ``state.picture``."""
        state.steps += 1
        state.averaged += 1
        steps = tf.constant(float(state.steps))
        starts = iter(range(0, state.mean.shape[0], parts.PART))

        def moved(picture: tf.Tensor, slope: tf.Tensor) -> tf.Tensor:
            start = next(starts)
            rows = [
                row[start : start + parts.PART]
                for row in (state.mean, state.variance, state.average)
            ]
            picture, *values = self._traced(picture, slope, *map(tf.convert_to_tensor, rows), steps)
            for row, value in zip(rows, values, strict=True):
                row.assign(value)
            return picture

        state.picture = parts.mapped(moved, state.picture, gradient)
        if loss < state.loss:
            state.best, state.loss = state.picture, loss

    def _step(
        self,
        picture: tf.Tensor,
        gradient: tf.Tensor,
        mean: tf.Tensor,
        variance: tf.Tensor,
        average: tf.Tensor,
        steps: tf.Tensor,
    ) -> tuple[tf.Tensor, ...]:
        rule = self._rule
        mean = rule.beta_1 * mean + (1.0 - rule.beta_1) * gradient
        variance = rule.beta_2 * variance + (1.0 - rule.beta_2) * tf.square(gradient)
        rate = rule.learning_rate * tf.sqrt(1.0 - rule.beta_2**steps) / (1.0 - rule.beta_1**steps)
        moved = picture - rate * mean / (tf.sqrt(variance) + rule.epsilon)
        picture = tf.clip_by_value(moved, 0.0, 1.0)
        average = rule.averaging * average + (1.0 - rule.averaging) * picture
        return picture, mean, variance, average

    def result(self, state: AdamState) -> tf.Tensor:
        """The average of the iterates, or where there is none the picture of the least loss."""
        return self._averaged(state) if self._rule.averaging else state.best

    def _averaged(self, state: AdamState) -> tf.Tensor:
        """The average, its start corrected for; the picture before any step."""
        if not state.averaged:
            return state.picture
        share = 1.0 - self._rule.averaging**state.averaged
        average = tf.reshape(tf.convert_to_tensor(state.average), state.picture.shape)
        return parts.mapped(lambda part: part / share, average)

    def resized(self, state: AdamState, height: int, width: int) -> AdamState:
        """The state at another size: the next scale goes on from the average, with warm moments."""

        def resize(values: tf.Tensor, method: str) -> tf.Tensor:
            values = tf.reshape(tf.convert_to_tensor(values), state.picture.shape)
            return tf.image.resize(values, (height, width), method=method)

        picture = tf.clip_by_value(resize(self._averaged(state), "bicubic"), 0.0, 1.0)
        resized = self.start(picture)
        resized.mean.assign(tf.reshape(resize(state.mean, "bicubic"), [-1]))
        resized.variance.assign(tf.nn.relu(tf.reshape(resize(state.variance, "bilinear"), [-1])))
        resized.steps = state.steps
        return resized


def _zeros(picture: tf.Tensor) -> tf.Variable:
    return tf.Variable(tf.zeros([tf.size(picture)]))
