"""L-BFGS on a picture (Nocedal and Wright 2006, algorithms 7.4 and 7.5), on the device.

One gradient an iteration, as in neural-style: there is no line search, but where the loss went up
the step is taken back by half, so that the loss of what is kept never rises.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import tensorflow as tf

HISTORY = 10
"""Pairs of steps and gradient differences that stand for the curvature."""

HISTORY_BYTES = 2**29
"""What they may take of the memory; a very large picture has fewer pairs."""

FIRST_STEP = 0.02
"""Largest change of a pixel in a step along the bare gradient."""

LARGEST_STEP = 0.5
"""Largest change of a pixel in any step; a picture is no wider than one."""

_PART = 2**22
"""Numbers of each picture that are worked on at once."""

_HALVINGS = 4
"""After so many the curvature is forgotten."""


@dataclass(frozen=True)
class Pair:
    """A step that was taken, and how much the gradient changed by it."""

    step: tf.Tensor
    difference: tf.Tensor


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
    history: tuple[Pair, ...]
    """Oldest first."""


class Lbfgs:
    """Limited memory BFGS; pictures stay in [0, 1]."""

    def start(self, picture: tf.Tensor) -> LbfgsState:
        """Before the first step."""
        zeros = tf.zeros_like(picture)
        return LbfgsState(
            picture,
            kept=picture,
            gradient=zeros,
            direction=zeros,
            loss=float("inf"),
            share=1.0,
            history=(),
        )

    def step(self, state: LbfgsState, gradient: tf.Tensor, loss: float) -> LbfgsState:
        """The state after ``state.picture`` turned out to have that gradient and loss."""
        if loss > state.loss:
            return _back(state)
        history = state.history
        if state.loss < float("inf"):
            history = _remembered(state, gradient)
        direction = _direction(gradient, history)
        return replace(
            state,
            picture=tf.clip_by_value(state.picture + direction, 0.0, 1.0),
            kept=state.picture,
            gradient=gradient,
            direction=direction,
            loss=loss,
            share=1.0,
            history=history,
        )

    def result(self, state: LbfgsState) -> tf.Tensor:
        """The picture of the least loss."""
        return state.kept

    def resized(self, state: LbfgsState, height: int, width: int) -> LbfgsState:
        """The next scale's start; curvature at another size is of no use."""
        picture = tf.image.resize(state.kept, (height, width), method="bicubic")
        return self.start(tf.clip_by_value(picture, 0.0, 1.0))


def _back(state: LbfgsState) -> LbfgsState:
    """Nearer to what was kept; along the bare gradient if even that does not help."""
    share = state.share / 2
    if share < 0.5**_HALVINGS and state.history:
        direction = _direction(state.gradient, ())
        state = replace(state, direction=direction, history=())
        share = 0.5
    picture = tf.clip_by_value(state.kept + share * state.direction, 0.0, 1.0)
    return replace(state, picture=picture, share=share)


def _remembered(state: LbfgsState, gradient: tf.Tensor) -> tuple[Pair, ...]:
    """The history with one pair more, if the curvature along it is positive."""
    step, difference = state.picture - state.kept, gradient - state.gradient
    curvature = float(tf.reduce_sum(step * difference))
    if curvature <= 1e-10 * float(tf.norm(step) * tf.norm(difference)):
        return state.history
    affordable = HISTORY_BYTES // (8 * int(tf.size(gradient)))
    length = min(HISTORY, max(1, affordable))
    return (*state.history, Pair(step, difference))[-length:]


def _direction(gradient: tf.Tensor, history: tuple[Pair, ...]) -> tf.Tensor:
    """−H·gradient.

    In the vector-free form (Chen et al., "Large-scale L-BFGS using MapReduce", 2014): two passes
    over the pictures, one for all their products, one for their sum, where the two-loop recursion
    as written in textbooks makes forty.
    """
    if not history:
        return -gradient * (FIRST_STEP / tf.maximum(tf.reduce_max(tf.abs(gradient)), 1e-20))
    pictures = [pair.step for pair in history] + [pair.difference for pair in history] + [gradient]
    products = sum(tf.matmul(part, part, transpose_b=True).numpy() for part in _parts(pictures))
    coefficients = tf.constant(two_loops(np.asarray(products, np.float64)), tf.float32)
    parts = [tf.matmul(coefficients[tf.newaxis], part) for part in _parts(pictures)]
    direction = tf.reshape(tf.concat(parts, 1), gradient.shape)
    return direction * tf.minimum(1.0, LARGEST_STEP / tf.reduce_max(tf.abs(direction)))


def _parts(pictures: Sequence[tf.Tensor]) -> Iterator[tf.Tensor]:
    """The pictures as rows of a matrix, in parts, since large ones must not all be copied."""
    rows = [tf.reshape(picture, [-1]) for picture in pictures]
    for start in range(0, rows[0].shape[0], _PART):
        yield tf.stack([row[start : start + _PART] for row in rows])


def two_loops(products: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Coefficients of −H·gradient in steps, differences (oldest first) and gradient.

    ``products`` are all scalar products of those, in that order.
    """
    pairs = len(products) // 2
    steps, differences = range(pairs), range(pairs, 2 * pairs)
    coefficients = np.zeros(len(products))
    coefficients[-1] = -1.0
    shares = np.zeros(pairs)
    for step, difference in zip(reversed(steps), reversed(differences), strict=True):
        shares[step] = products[step] @ coefficients / products[step, difference]
        coefficients[difference] -= shares[step]
    step, difference = steps[-1], differences[-1]
    coefficients *= products[step, difference] / products[difference, difference]
    for step, difference in zip(steps, differences, strict=True):
        back = products[difference] @ coefficients / products[step, difference]
        coefficients[step] += shares[step] - back
    return coefficients
