"""L-BFGS on a picture (Nocedal and Wright 2006, algorithms 7.4 and 7.5), on the device.

One gradient an iteration, as in neural-style: there is no line search, but where the loss went up
the step is taken back by half, so that the loss of what is kept never rises.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import tensorflow as tf

HISTORY = 10
"""Pairs of steps and gradient differences that stand for the curvature."""

FIRST_STEP = 0.02
"""Largest change of a pixel in a step along the bare gradient."""

LARGEST_STEP = 0.5
"""Largest change of a pixel in any step; a picture is no wider than one."""

_HALVINGS = 4
"""After so many the curvature is forgotten."""

_PICTURE = tf.TensorSpec([1, None, None, 3])
_PICTURES = tf.TensorSpec([HISTORY, 1, None, None, 3])
_SCALARS = tf.TensorSpec([HISTORY])


@dataclass(frozen=True)
class LbfgsState:
    """The picture to try next, and what is known of the last one that was kept."""

    picture: tf.Tensor
    kept: tf.Tensor
    gradient: tf.Tensor
    direction: tf.Tensor
    loss: float
    """Of ``kept``; infinite before the first step."""
    share: float
    """Of ``direction`` that ``picture`` is away from ``kept``."""
    steps: tf.Tensor
    differences: tf.Tensor
    curvatures: tf.Tensor
    """1 / (step · difference) of each pair; 0 where there is none yet."""


class Lbfgs:
    """Limited memory BFGS; pictures stay in [0, 1]."""

    def __init__(self) -> None:
        self._direction = tf.function(
            _direction, input_signature=[_PICTURE, _PICTURES, _PICTURES, _SCALARS]
        )

    def start(self, picture: tf.Tensor) -> LbfgsState:
        """Before the first step."""
        zeros = tf.zeros_like(picture)
        none = tf.zeros([HISTORY, *picture.shape])
        return LbfgsState(
            picture,
            kept=picture,
            gradient=zeros,
            direction=zeros,
            loss=float("inf"),
            share=1.0,
            steps=none,
            differences=none,
            curvatures=tf.zeros([HISTORY]),
        )

    def step(self, state: LbfgsState, gradient: tf.Tensor, loss: float) -> LbfgsState:
        """The state after ``state.picture`` turned out to have that gradient and loss."""
        if loss > state.loss:
            return self._back(state)
        if state.loss < float("inf"):
            state = _remembered(state, gradient)
        direction = self._direction(gradient, state.steps, state.differences, state.curvatures)
        return replace(
            state,
            picture=tf.clip_by_value(state.picture + direction, 0.0, 1.0),
            kept=state.picture,
            gradient=gradient,
            direction=direction,
            loss=loss,
            share=1.0,
        )

    def result(self, state: LbfgsState) -> tf.Tensor:
        """The picture of the least loss."""
        return state.kept

    def resized(self, state: LbfgsState, height: int, width: int) -> LbfgsState:
        """The next scale's start; curvature at another size is of no use."""
        picture = tf.image.resize(state.kept, (height, width), method="bicubic")
        return self.start(tf.clip_by_value(picture, 0.0, 1.0))

    def _back(self, state: LbfgsState) -> LbfgsState:
        """Nearer to what was kept; along the bare gradient if even that does not help."""
        share = state.share / 2
        if share >= 0.5**_HALVINGS:
            picture = tf.clip_by_value(state.kept + share * state.direction, 0.0, 1.0)
            return replace(state, picture=picture, share=share)
        fresh = self.start(state.kept)
        direction = self._direction(
            state.gradient, fresh.steps, fresh.differences, fresh.curvatures
        )
        picture = tf.clip_by_value(state.kept + share * direction, 0.0, 1.0)
        return replace(
            fresh,
            picture=picture,
            gradient=state.gradient,
            direction=direction,
            loss=state.loss,
            share=share,
        )


def _remembered(state: LbfgsState, gradient: tf.Tensor) -> LbfgsState:
    """The state with one pair more, if the curvature along it is positive."""
    step, difference = state.picture - state.kept, gradient - state.gradient
    product = tf.reduce_sum(step * difference)
    if float(product) <= 1e-10 * float(tf.norm(step) * tf.norm(difference)):
        return state
    return replace(
        state,
        steps=tf.concat([state.steps[1:], step[tf.newaxis]], 0),
        differences=tf.concat([state.differences[1:], difference[tf.newaxis]], 0),
        curvatures=tf.concat([state.curvatures[1:], [1.0 / product]], 0),
    )


def _direction(
    gradient: tf.Tensor, steps: tf.Tensor, differences: tf.Tensor, curvatures: tf.Tensor
) -> tf.Tensor:
    """−H·gradient by the two-loop recursion; pairs without curvature change nothing."""
    direction = -gradient
    shares = []
    for step, difference, curvature in reversed(_pairs(steps, differences, curvatures)):
        share = curvature * tf.reduce_sum(step * direction)
        direction -= share * difference
        shares.append(share)
    last = curvatures[-1] * tf.reduce_sum(tf.square(differences[-1]))
    bare = FIRST_STEP / tf.maximum(tf.reduce_max(tf.abs(gradient)), 1e-20)
    direction *= tf.where(curvatures[-1] > 0.0, 1.0 / tf.maximum(last, 1e-20), bare)
    for step, difference, curvature in _pairs(steps, differences, curvatures):
        direction += step * (shares.pop() - curvature * tf.reduce_sum(difference * direction))
    return direction * tf.minimum(1.0, LARGEST_STEP / tf.reduce_max(tf.abs(direction)))


def _pairs(
    steps: tf.Tensor, differences: tf.Tensor, curvatures: tf.Tensor
) -> list[tuple[tf.Tensor, tf.Tensor, tf.Tensor]]:
    unstacked = (tf.unstack(values, num=HISTORY) for values in (steps, differences, curvatures))
    return list(zip(*unstacked, strict=True))
