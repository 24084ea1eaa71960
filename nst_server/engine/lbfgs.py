"""L-BFGS on a picture (Nocedal and Wright 2006, algorithms 7.4 and 7.5), on the device.

One gradient an iteration, as in neural-style: there is no line search, but where the loss went up
the step is taken back by half, so that the loss of what is kept never rises.

What is optimised is not the picture but p where the picture is S·p (`smoothing`). In p all pixels
are equally easy to move, in the picture what is large is: strokes come before grain, and little of
the grain that fine pixels would take on the way is left at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_server.engine.parts import mapped, parts
from nst_server.engine.smoothing import smoothed

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
    """A step that was taken in p, and how much the gradient by p changed by it."""

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
    """Of ``kept`` by p; None before the first step."""
    loss: float = float("inf")
    """Of ``kept``."""
    coefficients: npt.NDArray[np.float64] = field(default_factory=lambda: np.array([-1.0]))
    """The direction of the next step in steps, differences (oldest first) and gradient."""
    length: float = 0.0
    """Of that direction that the whole step is long."""
    share: float = 1.0
    """Of that step that ``picture`` is away from ``kept``."""
    history: tuple[Pair, ...] = ()
    """Oldest first."""


class Lbfgs:
    """Limited memory BFGS; pictures stay in [0, 1]."""

    def __init__(self, *, wraps: bool = False) -> None:
        """A picture that ``wraps`` goes on at its left where it ends at its right."""
        self._wraps = wraps

    def start(self, picture: tf.Tensor) -> LbfgsState:
        """Before the first step."""
        return LbfgsState(picture, kept=picture)

    def step(self, state: LbfgsState, gradient: tf.Tensor, loss: float) -> None:
        """Go on after ``state.picture`` turned out to have that gradient and loss."""
        if loss <= state.loss:
            gradient = self._smoothed(gradient)
            _remember(state, gradient)
            state.kept, state.gradient, state.loss = state.picture, gradient, loss
            self._set_out(state)
        elif state.share / 2 < 0.5**_HALVINGS and state.history:
            state.history = ()
            self._set_out(state)
        else:
            state.share /= 2
            self._move(state, self._smoothed(_direction(state)))

    def result(self, state: LbfgsState) -> tf.Tensor:
        """The picture of the least loss."""
        return state.kept

    def resized(self, state: LbfgsState, height: int, width: int) -> LbfgsState:
        """The next scale's start; curvature at another size is of no use."""
        picture = tf.image.resize(state.kept, (height, width), method="bicubic")
        return self.start(tf.clip_by_value(picture, 0.0, 1.0))

    def _set_out(self, state: LbfgsState) -> None:
        """A whole step from what is kept."""
        state.picture = state.kept  # what was tried is of no more use
        state.coefficients = _coefficients(state.gradient, state.history)
        change = self._smoothed(_direction(state))
        largest = float(tf.maximum(tf.reduce_max(change), -tf.reduce_min(change)))
        if state.history:
            state.length = min(1.0, LARGEST_STEP / max(largest, 1e-20))
        else:
            state.length = FIRST_STEP / max(largest, 1e-20)
        state.share = 1.0
        self._move(state, change)

    def _move(self, state: LbfgsState, change: tf.Tensor) -> None:
        """Away from what is kept, by the share of the step."""
        length = state.share * state.length
        state.picture = mapped(
            lambda kept, by: tf.clip_by_value(kept + length * by, 0.0, 1.0), state.kept, change
        )

    def _smoothed(self, picture: tf.Tensor) -> tf.Tensor:
        return smoothed(picture, wraps=self._wraps)


def _remember(state: LbfgsState, gradient: tf.Tensor) -> None:
    """One pair more in the history, if the curvature along it is positive."""
    if state.gradient is None:
        return
    numbers = int(tf.size(gradient))
    dtype = tf.float32 if 8 * numbers * HISTORY <= HISTORY_BYTES else tf.bfloat16
    affordable = min(HISTORY, max(1, HISTORY_BYTES // (2 * dtype.size * numbers)))
    step = _direction(state, state.share * state.length, dtype)
    # What is too old goes before the new comes.
    state.history = state.history[max(0, len(state.history) + 1 - affordable) :]
    difference = mapped(
        lambda new, old: tf.cast(new - old, dtype), gradient, state.gradient, dtype=dtype
    )
    curvature, steps, differences = _products(step, difference)
    if curvature > 1e-10 * np.sqrt(steps * differences):
        state.history = (*state.history, Pair(step, difference))


def _products(step: tf.Tensor, difference: tf.Tensor) -> npt.NDArray[np.float64]:
    """s·y, s·s and y·y."""
    total = np.zeros(3)
    for part in parts(step, difference):
        s, y = (tf.cast(row, tf.float32) for row in part)
        sums = (tf.reduce_sum(s * y), tf.reduce_sum(tf.square(s)), tf.reduce_sum(tf.square(y)))
        total += tf.stack(sums).numpy()
    return total


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


def _direction(state: LbfgsState, factor: float = 1.0, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """The direction of the coefficients, in p, times ``factor``."""
    coefficients = tf.constant(factor * state.coefficients[np.newaxis], tf.float32)
    return mapped(
        lambda *part: tf.cast(tf.matmul(coefficients, _matrix(part)), dtype),
        *_basis(state.gradient, state.history),
        dtype=dtype,
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
