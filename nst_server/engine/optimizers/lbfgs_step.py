"""A step of L-BFGS as one function of tensors, for pictures in one piece.

It is `Lbfgs` with its decisions among the tensors, so whoever runs it waits for no value. Both
outcomes of each decision are there, and the right one is taken; a branch would have the host ask.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from nst_server.engine.network.extent import Extent
from nst_server.engine.optimizers.lbfgs import FIRST_STEP, HALVINGS, LARGEST_STEP
from nst_server.engine.optimizers.preconditioner import Metric, smooth_whole


class LbfgsTensors(NamedTuple):
    """The state of `Lbfgs` as tensors whose shapes stay. Pictures are 1 × h × w × 3."""

    picture: tf.Tensor
    kept: tf.Tensor
    gradient: tf.Tensor
    direction: tf.Tensor
    history: tf.Tensor
    """Steps and differences in turn, oldest pair first: 2 · pairs × numbers of a picture."""
    products: tf.Tensor
    """Scalar products of all in the history, float64."""
    pairs: tf.Tensor
    """Number of pairs that count, int32: the newest in the history."""
    loss: tf.Tensor
    length: tf.Tensor
    share: tf.Tensor


class LbfgsStep:
    """The step of `Lbfgs` with the same ``pairs``, for pictures with borders."""

    def __init__(self, *, pairs: int) -> None:
        self.pairs = pairs

    def start(self, picture: tf.Tensor) -> LbfgsTensors:
        """Return the state before the first step."""
        nothing = tf.zeros_like(picture)
        return LbfgsTensors(
            picture=picture,
            kept=picture,
            gradient=nothing,
            direction=nothing,
            history=tf.zeros([2 * self.pairs, tf.size(picture)]),
            products=tf.zeros([2 * self.pairs] * 2, tf.float64),
            pairs=tf.constant(0),
            loss=tf.constant(float("inf")),
            length=tf.constant(0.0),
            share=tf.constant(1.0),
        )

    @property
    def spec(self) -> LbfgsTensors:
        """Types of a state, of any size."""
        picture, number = tf.TensorSpec([1, None, None, 3]), tf.TensorSpec([])
        both = 2 * self.pairs
        return LbfgsTensors(
            picture=picture,
            kept=picture,
            gradient=picture,
            direction=picture,
            history=tf.TensorSpec([both, None]),
            products=tf.TensorSpec([both, both], tf.float64),
            pairs=tf.TensorSpec([], tf.int32),
            loss=number,
            length=number,
            share=number,
        )

    def __call__(
        self,
        old: LbfgsTensors,
        gradient: tf.Tensor,
        loss: tf.Tensor,
        metric: Metric,
        extent: Extent | None = None,
    ) -> LbfgsTensors:
        """Return the state after a step in ``metric``, given gradient and loss of ``old.picture``.

        Outside the ``extent`` of the picture all is zero, and stays so.
        """
        gradient = smooth_whole(gradient, metric, extent)
        is_better = loss <= old.loss
        is_hopeless = (old.share / 2 < 0.5**HALVINGS) & (old.pairs > 0)
        sets_out = is_better | is_hopeless
        forward = self._remembered(old, gradient, is_better)
        direction = tf.where(
            is_better,
            forward.direction,
            tf.where(is_hopeless, -old.gradient, old.direction),
        )
        pairs = tf.where(is_better, forward.pairs, tf.where(is_hopeless, 0, old.pairs))
        change = smooth_whole(direction, metric, extent)
        largest = tf.maximum(tf.reduce_max(tf.abs(change)), 1e-20)
        full = tf.where(pairs > 0, tf.minimum(1.0, LARGEST_STEP / largest), FIRST_STEP / largest)
        length = tf.where(sets_out, full, old.length)
        share = tf.where(sets_out, 1.0, old.share / 2)
        kept = tf.where(is_better, old.picture, old.kept)
        return LbfgsTensors(
            picture=tf.clip_by_value(kept + share * length * change, 0.0, 1.0),
            kept=kept,
            gradient=tf.where(is_better, gradient, old.gradient),
            direction=direction,
            history=forward.history,
            products=tf.where(is_better, forward.products, old.products),
            pairs=pairs,
            loss=tf.where(is_better, loss, old.loss),
            length=length,
            share=share,
        )

    def _remembered(
        self, old: LbfgsTensors, gradient: tf.Tensor, is_better: tf.Tensor
    ) -> LbfgsTensors:
        """Return history and direction as they are after a good step; the rest is that of ``old``.

        The newest pair is left out if its curvature is not positive, or if there was no step.
        """
        both = 2 * self.pairs
        news = [
            old.share * old.length * old.direction,
            gradient - old.gradient,
            gradient,
        ]
        rows = tf.concat([old.history, tf.stack([tf.reshape(new, [-1]) for new in news])], 0)
        last = tf.cast(tf.matmul(rows[both:], rows, transpose_b=True), tf.float64)
        products = tf.concat([tf.concat([old.products, tf.transpose(last[:, :both])], 1), last], 0)
        squares = products[both, both] * products[both + 1, both + 1]
        is_curved = products[both, both + 1] > 1e-10 * tf.sqrt(squares)
        is_curved &= tf.math.is_finite(old.loss)
        pairs = tf.where(
            is_curved,
            tf.minimum(old.pairs + 1, self.pairs),
            tf.minimum(old.pairs, self.pairs - 1),
        )
        older = [*range(both), both + 2]
        without_new = tf.gather(tf.gather(products, older), older, axis=1)
        shares = two_loops_of(tf.where(is_curved, products[2:, 2:], without_new), pairs)
        nothing = tf.zeros([2], tf.float64)
        shares = tf.where(
            is_curved,
            tf.concat([nothing, shares], 0),
            tf.concat([shares[:both], nothing, shares[both:]], 0),
        )
        direction = tf.matmul(tf.cast(shares, tf.float32)[tf.newaxis], rows)
        return old._replace(
            direction=tf.reshape(direction, tf.shape(gradient)),
            history=tf.where(is_curved & is_better, rows[2 : 2 + both], old.history),
            products=tf.where(is_curved, products[2:-1, 2:-1], old.products),
            pairs=pairs,
        )


def two_loops_of(products: tf.Tensor, pairs: tf.Tensor) -> tf.Tensor:
    """Return `two_loops` of products with a history of which only the newest ``pairs`` count."""
    most = (products.shape[0] - 1) // 2
    rows, numbers = tf.unstack(products), tf.eye(2 * most + 1, dtype=tf.float64)
    newest = range(most - 1, -1, -1)
    counts = [pairs > most - 1 - number for number in range(most)]
    curvatures = [
        tf.where(counts[number], products[2 * number, 2 * number + 1], 1.0)
        for number in range(most)
    ]
    coefficients = -numbers[-1]
    shares = {}
    for number in newest:
        share = tf.reduce_sum(rows[2 * number] * coefficients) / curvatures[number]
        shares[number] = tf.where(counts[number], share, 0.0)
        coefficients -= shares[number] * numbers[2 * number + 1]
    square = tf.where(counts[-1], products[-2, -2], 1.0)
    coefficients *= curvatures[-1] / square
    for number in reversed(newest):
        back = tf.reduce_sum(rows[2 * number + 1] * coefficients) / curvatures[number]
        added = tf.where(counts[number], shares[number] - back, 0.0)
        coefficients += added * numbers[2 * number]
    return coefficients
