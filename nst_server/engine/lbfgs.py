"""L-BFGS on a picture (Nocedal and Wright 2006, algorithms 7.4 and 7.5), on the device.

One gradient an iteration, as in neural-style: there is no line search, but where the loss went up
the step is taken back by half, so that the loss of what is kept never rises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_server.engine.parts import mapped, parts

HISTORY = 10
"""Pairs of steps and gradient differences that stand for the curvature."""

HISTORY_BYTES = 2**29
"""What they may take of memory: large pictures have them in bfloat16, very large ones fewer."""

FIRST_STEP = 0.02
"""Largest change of a pixel in a step along the bare gradient."""

LARGEST_STEP = 0.5
"""Largest change of a pixel in any step; a picture is no wider than one."""

_HALVINGS = 4
"""After so many the curvature is forgotten."""


@dataclass(frozen=True)
class Pair:
    """A step that was taken, and how much the gradient changed by it."""

    step: tf.Tensor
    difference: tf.Tensor


@dataclass
class LbfgsState:
    """The picture to try next, and what is known of the last one that was kept.

    It is changed by each step: of a very large picture there must not be two states at once.
    """

    picture: tf.Tensor
    kept: tf.Tensor
    gradient: tf.Tensor | None = None
    """Of ``kept``; None before the first step."""
    loss: float = float("inf")
    """Of ``kept``."""
    coefficients: npt.NDArray[np.float64] = field(default_factory=lambda: np.array([-1.0]))
    """The direction of the next step in steps, differences (oldest first) and gradient."""
    share: float = 1.0
    """Of that direction that ``picture`` is away from ``kept``."""
    history: tuple[Pair, ...] = ()
    """Oldest first."""


class Lbfgs:
    """Limited memory BFGS; pictures stay in [0, 1]."""

    def start(self, picture: tf.Tensor) -> LbfgsState:
        """Before the first step."""
        return LbfgsState(picture, kept=picture)

    def step(self, state: LbfgsState, gradient: tf.Tensor, loss: float) -> None:
        """Go on after ``state.picture`` turned out to have that gradient and loss."""
        if loss > state.loss:
            _go_back(state)
        else:
            _remember(state, gradient)
            state.kept, state.gradient = state.picture, gradient
            state.loss, state.share = loss, 1.0
            state.coefficients = _coefficients(gradient, state.history)
        state.picture = _moved(state)

    def result(self, state: LbfgsState) -> tf.Tensor:
        """The picture of the least loss."""
        return state.kept

    def resized(self, state: LbfgsState, height: int, width: int) -> LbfgsState:
        """The next scale's start; curvature at another size is of no use."""
        picture = tf.image.resize(state.kept, (height, width), method="bicubic")
        return self.start(tf.clip_by_value(picture, 0.0, 1.0))


def _go_back(state: LbfgsState) -> None:
    """Nearer to what was kept; along the bare gradient if even that does not help."""
    state.picture = state.kept
    state.share /= 2
    if state.share < 0.5**_HALVINGS and state.history:
        state.history = ()
        state.coefficients = _coefficients(state.gradient, ())
        state.share = 0.5


def _remember(state: LbfgsState, gradient: tf.Tensor) -> None:
    """One pair more in the history, if the curvature along it is positive."""
    if state.gradient is None:
        return
    products = np.zeros(3)
    for new, old, slope, before in parts(state.picture, state.kept, gradient, state.gradient):
        step, difference = new - old, slope - before
        squares = (step * difference, tf.square(step), tf.square(difference))
        products += tf.stack([tf.reduce_sum(square) for square in squares]).numpy()
    curvature, steps, differences = products
    if curvature <= 1e-10 * np.sqrt(steps * differences):
        return
    numbers = int(tf.size(gradient))
    dtype = tf.float32 if 8 * numbers * HISTORY <= HISTORY_BYTES else tf.bfloat16
    length = min(HISTORY, max(1, HISTORY_BYTES // (2 * dtype.size * numbers)))
    # What is too old goes before the new comes.
    state.history = state.history[max(0, len(state.history) + 1 - length) :]

    def change(new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
        return mapped(lambda a, b: tf.cast(a - b, dtype), new, old, dtype=dtype)

    pair = Pair(change(state.picture, state.kept), change(gradient, state.gradient))
    state.history = (*state.history, pair)


def _basis(gradient: tf.Tensor, history: Sequence[Pair]) -> list[tf.Tensor]:
    """What directions are made of."""
    return [*(pair.step for pair in history), *(pair.difference for pair in history), gradient]


def _coefficients(gradient: tf.Tensor, history: tuple[Pair, ...]) -> npt.NDArray[np.float64]:
    """−H·gradient in the `_basis`.

    In the vector-free form (Chen et al., "Large-scale L-BFGS using MapReduce", 2014): two passes
    over the pictures, one for all their products, one for their sum, where the two-loop recursion
    as written in textbooks makes forty.
    """
    if not history:
        return np.array([-1.0])
    rows = map(_matrix, parts(*_basis(gradient, history)))
    products = sum(tf.matmul(part, part, transpose_b=True).numpy() for part in rows)
    return two_loops(np.asarray(products, np.float64))


def _moved(state: LbfgsState) -> tf.Tensor:
    """``kept`` moved along the direction by its share."""
    coefficients = tf.constant(state.coefficients[np.newaxis], tf.float32)
    direction = mapped(
        lambda *part: tf.matmul(coefficients, _matrix(part)),
        *_basis(state.gradient, state.history),
    )
    largest = tf.maximum(tf.reduce_max(direction), -tf.reduce_min(direction))
    if state.history:
        factor = state.share * tf.minimum(1.0, LARGEST_STEP / largest)
    else:
        factor = state.share * FIRST_STEP / tf.maximum(largest, 1e-20)
    return mapped(
        lambda kept, part: tf.clip_by_value(kept + factor * part, 0.0, 1.0), state.kept, direction
    )


def _matrix(part: Sequence[tf.Tensor]) -> tf.Tensor:
    return tf.stack([tf.cast(row, tf.float32) for row in part])


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
