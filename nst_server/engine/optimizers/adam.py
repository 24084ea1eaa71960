"""Adam on a picture, with the average of its iterates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap

import tensorflow as tf

from nst_server.engine.canvas.margin import Resized
from nst_server.engine.canvas.strips import cut, joined


@dataclass(frozen=True, kw_only=True)
class AdamRule:
    """Hyperparameters of Adam, in units of a picture in [0, 1]."""

    learning_rate: float
    beta_1: float
    beta_2: float
    epsilon: float
    averaging: float
    """Decay of the average of iterates; 0 takes the picture of the least loss instead."""


RELATIVE = AdamRule(learning_rate=0.02, beta_1=0.9, beta_2=0.99, epsilon=1e-8, averaging=0.97)
"""Rule for relative losses. The average of iterates lacks the noise that the last step has
(crowsonkb, style-transfer-pytorch)."""

NOTEBOOK = AdamRule(
    learning_rate=5.0 / 255.0, beta_1=0.99, beta_2=0.999, epsilon=1e-1 * 255.0, averaging=0.0
)
"""Rule of the notebook, whose Adam works on pixels of 0 to 255 with a rate of 5 and an ε of 0.1. In
[0, 1] gradients are 255 times as large, so the same steps need the rate ÷ 255 and ε × 255."""


@dataclass
class AdamState:
    """The picture, 1 × h × w × 3, with Adam's memory of it in strips; changed by each step."""

    picture: tf.Tensor
    mean: list[tf.Tensor]
    variance: list[tf.Tensor]
    average: list[tf.Tensor]
    """Exponentially weighted sum of the iterates, not yet divided by the sum of its weights."""
    best: tf.Tensor | None = None
    """Picture after the step with the least loss, if there is no average."""
    loss: float = float("inf")
    """Loss before that step."""
    steps: int = 0
    """Number of steps in ``mean`` and ``variance``."""
    averaged: int = 0
    """Number of steps in ``average``."""


_STRIP = tf.TensorSpec([1, None, None, 3])


class Adam:
    """Adam (Kingma and Ba 2015, the form with ε outside the correction, like TensorFlow's own)."""

    def __init__(self, rule: AdamRule) -> None:
        self._rule = rule
        self._traced = tf.function(
            self._step, input_signature=[*[_STRIP] * 5, tf.TensorSpec([])], autograph=False
        )

    def start(self, picture: tf.Tensor) -> AdamState:
        """Return the state before the first step."""

        def zeros() -> list[tf.Tensor]:
            return [tf.zeros_like(strip) for strip in cut(picture)]

        return AdamState(picture, zeros(), zeros(), zeros())

    def step(self, state: AdamState, gradient: Sequence[tf.Tensor], loss: float) -> None:
        """Make one step against the gradient of ``state.picture``."""
        state.steps += 1
        state.averaged += 1
        steps = tf.constant(float(state.steps))
        remembered = state.mean, state.variance, state.average

        def moved(number: int, strip: tf.Tensor) -> tf.Tensor:
            memory = [strips[number] for strips in remembered]
            strip, *values = self._traced(strip, gradient[number], *memory, steps)
            for strips, value in zip(remembered, values, strict=True):
                strips[number] = value
            return strip

        state.picture = joined(starmap(moved, enumerate(cut(state.picture))))
        if not self._rule.averaging and loss < state.loss:
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
        """Return the average of the iterates or, without one, the picture of the least loss."""
        return self._averaged(state) if state.best is None else state.best

    def _averaged(self, state: AdamState) -> tf.Tensor:
        """Return the average, its start corrected for; before any step, the picture."""
        if not state.averaged:
            return state.picture
        share = 1.0 - self._rule.averaging**state.averaged
        return joined(strip / share for strip in state.average)

    def resize(self, state: AdamState, picture: tf.Tensor, resized: Resized) -> None:
        """Begin the next scale with ``picture`` and with the resized moments."""
        mean = resized(joined(state.mean))
        variance = tf.nn.relu(resized(joined(state.variance), "bilinear"))
        steps = state.steps
        vars(state).update(vars(self.start(picture)))
        state.mean, state.variance, state.steps = list(cut(mean)), list(cut(variance)), steps
