"""L-BFGS on a picture (Nocedal and Wright 2006, algorithms 7.4 and 7.5), on the device.

Each iteration takes one gradient, as in neural-style. There is no line search, but if the loss went
up, the step is taken back by half, so that the loss of the kept picture never rises.

The optimized variable is not the picture but p, where the picture is S·p (`smooth`). In p all
pixels move equally easily; in the picture large structures move more easily than fine ones, and
light more easily than color. Strokes come before grain, and little of the grain that fine pixels
would take up on the way is left at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_server.engine.canvas.margin import Resized
from nst_server.engine.canvas.strips import cut, joined
from nst_server.engine.optimizers.preconditioner import STROKES, Metric, smooth

PAIRS = 2
"""Pairs of a step and its gradient difference that stand for the curvature. In the few dozen
iterations of a painting more gain nothing, and each takes time and memory."""

PAIRS_NEAR_A_MINIMUM = 10
"""Pairs for hundreds of iterations."""

HISTORY_BYTES = 2**29
"""Most bytes of the pairs: large pictures have them, and the gradient at the kept picture, in
bfloat16, very large ones have fewer."""

FIRST_STEP = 0.1
"""Largest change of a pixel in a step along the bare gradient. Too long a step is halved."""

LARGEST_STEP = 0.5
"""Largest change of a pixel in any step; the whole range of pixels is 1."""

HALVINGS = 4
"""Halvings of a step after which the curvature is forgotten."""


@dataclass(frozen=True)
class Pair:
    """A step taken in p, and the change of the gradient by p along it; in strips."""

    step: Sequence[tf.Tensor]
    difference: Sequence[tf.Tensor]


@dataclass
class LbfgsState:
    """The picture to try next, and all knowledge of the last picture that was kept.

    Each step changes it in place: a very large picture must not have two states at once.
    """

    picture: tf.Tensor
    kept: tf.Tensor
    gradient: Sequence[tf.Tensor] = ()
    """Gradient at ``kept`` by p, in strips; empty before the first step."""
    loss: float = float("inf")
    """Loss of ``kept``."""
    coefficients: npt.NDArray[np.float64] = field(default_factory=lambda: np.array([-1.0]))
    """Direction of the next step, as coefficients of the `_basis`."""
    direction: Sequence[tf.Tensor] | None = None
    """The direction in p; None if it is not stored, since the picture has several strips."""
    length: float | tf.Tensor = 0.0
    """Factor from the direction to a full step; a tensor, so that nobody waits for its value."""
    share: float = 1.0
    """Share of the full step that leads from ``kept`` to ``picture``."""
    history: tuple[Pair, ...] = ()
    """Pairs, oldest first."""
    products: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    """Scalar products of all in the history: each pair's step, then its difference."""


class Lbfgs:
    """Limited memory BFGS; pictures stay in [0, 1]."""

    def __init__(
        self, *, pairs: int = PAIRS, metric: Metric = STROKES, wraps: bool = False
    ) -> None:
        """Keep at most ``pairs`` pairs and move the picture in ``metric``.

        A picture that ``wraps`` goes on at its left where it ends at its right.
        """
        self._pairs = pairs
        self._smooth = partial(smooth, metric=metric, wraps=wraps)

    def start(self, picture: tf.Tensor) -> LbfgsState:
        """Return the state before the first step."""
        return LbfgsState(picture, kept=picture)

    def step(self, state: LbfgsState, gradient: list[tf.Tensor], loss: float) -> None:
        """Advance the state, given the gradient and the loss of ``state.picture``.

        The state takes over the list of the gradient and changes it.
        """
        if loss <= state.loss:
            self._smooth(gradient)
            _remember(state, gradient, self._pairs)
            dtype = history_type(int(tf.size(state.picture)), self._pairs)
            for number, strip in enumerate(gradient):
                gradient[number] = tf.cast(strip, dtype)
            state.kept, state.gradient, state.loss = state.picture, gradient, loss
            self._set_out(state)
        elif state.share / 2 < 0.5**HALVINGS and state.history:
            _forget(state, len(state.history))
            self._set_out(state)
        else:
            state.share /= 2
            _move(state, self._change(state))

    def result(self, state: LbfgsState) -> tf.Tensor:
        """Return the picture of the least loss."""
        return state.kept

    def resize(self, state: LbfgsState, picture: tf.Tensor, resized: Resized) -> None:
        """Begin the next scale with ``picture``; curvature at another size is of no use."""
        del resized
        vars(state).update(vars(self.start(picture)))

    def _set_out(self, state: LbfgsState) -> None:
        """Make a full step from the kept picture."""
        state.picture = state.kept  # drops the picture that was tried
        _bend(state)
        change = self._change(state)
        largest = tf.reduce_max([tf.reduce_max(tf.abs(strip)) for strip in change])
        largest = tf.maximum(largest, 1e-20)
        if state.history:
            state.length = tf.minimum(1.0, LARGEST_STEP / largest)
        else:
            state.length = FIRST_STEP / largest
        state.share = 1.0
        _move(state, change)

    def _change(self, state: LbfgsState) -> list[tf.Tensor]:
        """Return the direction as a change of the picture."""
        change = list(_direction(state))
        self._smooth(change)
        return change


def _move(state: LbfgsState, change: list[tf.Tensor]) -> None:
    """Move away from the kept picture by the share of the step; ``change`` is used up."""
    length = state.share * state.length

    def moved(strip: tf.Tensor) -> tf.Tensor:
        return tf.clip_by_value(strip + length * change.pop(0), 0.0, 1.0)

    state.picture = joined(map(moved, cut(state.kept)))


def _remember(state: LbfgsState, gradient: Sequence[tf.Tensor], most: int) -> None:
    """Add a pair to the history, ``most`` in all; its products are still missing."""
    if not state.gradient:
        return
    numbers = int(tf.size(state.picture))
    dtype = history_type(numbers, most)
    affordable = min(most, max(1, HISTORY_BYTES // (2 * dtype.size * numbers)))
    factor = state.share * state.length
    step = [tf.cast(factor * strip, dtype) for strip in _direction(state)]
    _forget(state, max(0, len(state.history) + 1 - affordable))
    changes = zip(gradient, state.gradient, strict=True)
    difference = [tf.cast(new - tf.cast(old, tf.float32), dtype) for new, old in changes]
    state.history = (*state.history, Pair(step, difference))
    state.products = np.pad(state.products, (0, 2))


def history_type(numbers: int, pairs: int) -> tf.DType:
    """Type of the pairs, and of the gradient at the kept picture, of so many numbers."""
    return tf.float32 if 8 * numbers * pairs <= HISTORY_BYTES else tf.bfloat16


def _forget(state: LbfgsState, pairs: int) -> None:
    """Forget the oldest ``pairs`` pairs."""
    state.history = state.history[pairs:]
    state.products = state.products[2 * pairs :, 2 * pairs :]


def _basis(gradient: Sequence[tf.Tensor], history: Sequence[Pair]) -> Iterator[tf.Tensor]:
    """Yield, for each strip, the matrix whose rows are combined to directions.

    The rows are steps and differences, oldest pair first, and last the gradient: the new rows are
    therefore adjacent.
    """
    pictures = [picture for pair in history for picture in (pair.step, pair.difference)]
    for strips in zip(*pictures, gradient, strict=True):
        yield tf.stack([tf.cast(tf.reshape(strip, [-1]), tf.float32) for strip in strips])


def _bend(state: LbfgsState) -> None:
    """Compute the direction −H·gradient; drop the newest pair if its curvature is not positive.

    It uses the vector-free form (Chen et al., "Large-scale L-BFGS using MapReduce", 2014): two
    passes over the pictures, one for their products, one for their sum, where the two-loop
    recursion of textbooks makes forty. Only the products with new rows are computed, a seventh, and
    only they are waited for.
    """
    pairs = len(state.history)
    state.direction = None
    if not pairs:
        state.coefficients = np.array([-1.0])
        return
    matrices: Iterable[tf.Tensor] = _basis(state.gradient, state.history)
    is_small = len(state.gradient) == 1
    if is_small:  # stacked once, for products and sum; of a large picture that is another copy
        matrices = list(matrices)
    products = np.pad(state.products, (0, 1))
    rows = tf.add_n([tf.matmul(part[-3:], part, transpose_b=True) for part in matrices]).numpy()
    products[-3:], products[:, -3:] = rows, np.transpose(rows)
    (step_square, curvature), (_, difference_square) = products[-3:-1, -3:-1]
    if not curvature > 1e-10 * np.sqrt(step_square * difference_square):
        state.history, state.products = state.history[:-1], state.products[:-2, :-2]
        _bend(state)
        return
    state.products = products[:-1, :-1]
    state.coefficients = two_loops(products)
    if is_small:
        state.direction = list(_combined(state, matrices))


def _direction(state: LbfgsState) -> Iterator[tf.Tensor]:
    """Return the direction of the coefficients, in p, in strips."""
    if state.direction is not None:
        return iter(state.direction)
    return _combined(state, _basis(state.gradient, state.history))


def _combined(state: LbfgsState, matrices: Iterable[tf.Tensor]) -> Iterator[tf.Tensor]:
    coefficients = tf.constant(state.coefficients[np.newaxis], tf.float32)
    for strip, matrix in zip(state.gradient, matrices, strict=True):
        yield tf.reshape(tf.matmul(coefficients, matrix), strip.shape)


def two_loops(products: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the coefficients of −H·gradient in the steps, differences and gradient of `_basis`.

    ``products`` are all scalar products of these.
    """
    steps, differences = range(0, len(products) - 1, 2), range(1, len(products) - 1, 2)
    coefficients = np.zeros(len(products))
    coefficients[-1] = -1.0
    shares = np.zeros(len(products))
    for step, difference in zip(reversed(steps), reversed(differences), strict=True):
        shares[step] = products[step] @ coefficients / products[step, difference]
        coefficients[difference] -= shares[step]
    step, difference = steps[-1], differences[-1]
    coefficients *= products[step, difference] / products[difference, difference]
    for step, difference in zip(steps, differences, strict=True):
        back = products[difference] @ coefficients / products[step, difference]
        coefficients[step] += shares[step] - back
    return coefficients
