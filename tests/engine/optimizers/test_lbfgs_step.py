"""The step of L-BFGS as one function of tensors does as `Lbfgs` does, also where steps go wrong."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.canvas.strips import cut
from nst_server.engine.network.program import Program
from nst_server.engine.optimizers.lbfgs import Lbfgs
from nst_server.engine.optimizers.lbfgs_step import LbfgsStep, LbfgsTensors
from nst_server.engine.optimizers.preconditioner import NEAR_A_MINIMUM
from tests.support.landscapes import landscape

PICTURE = tf.constant(landscape(16, 12)[np.newaxis])


def loss_and_gradient(picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """A valley whose walls have bumps, so that steps go too far and curvatures are negative."""
    steepness = tf.reshape(tf.linspace(1.0, 60.0, tf.size(picture)), picture.shape)
    away = picture - 0.5
    bumps = 0.4 * tf.sin(40.0 * away)
    loss = tf.reduce_sum(steepness * (away**2 + bumps / 40.0))
    return loss, steepness * (2.0 * away + 0.4 * tf.cos(40.0 * away))


@pytest.mark.parametrize("pairs", [1, 2, 4])
def test_moves_as_the_optimizer_in_strips(pairs: int) -> None:
    step = tf.function(LbfgsStep(pairs=pairs), autograph=False)
    optimizer = Lbfgs(pairs=pairs, metric=NEAR_A_MINIMUM)
    expected = optimizer.start(PICTURE)
    state = LbfgsStep(pairs=pairs).start(PICTURE)
    seen = set()
    for number in range(40):
        loss, gradient = loss_and_gradient(expected.picture)
        if number % 13 > 6:  # long enough that the curvature is forgotten, too
            loss = tf.constant(expected.loss + 1.0, tf.float32)
        state = step(state, gradient, loss, NEAR_A_MINIMUM)
        optimizer.step(expected, list(cut(gradient)), float(loss))
        np.testing.assert_allclose(state.picture, expected.picture, atol=2e-5)
        np.testing.assert_allclose(state.kept, expected.kept, atol=2e-5)
        assert int(state.pairs) == len(expected.history)
        assert float(state.share) == expected.share
        seen.add((int(state.pairs), float(state.share)))
        # Both from the same place, so that rounding does not add up.
        state = state._replace(picture=expected.picture, kept=expected.kept)
    assert {number for number, _ in seen} == set(range(pairs + 1))
    assert {share for _, share in seen} == {0.5**halvings for halvings in range(5)}


def test_a_pair_without_positive_curvature_is_left_out() -> None:
    step = LbfgsStep(pairs=2)
    optimizer = Lbfgs(pairs=2, metric=NEAR_A_MINIMUM)
    state, expected = step.start(PICTURE), optimizer.start(PICTURE)
    random, kept = np.random.default_rng(1), []
    for loss, slope in enumerate([1.0, 0.7, 0.5, 2.0, 0.3, 0.2, 0.1]):  # the fourth is steeper
        noise = 0.5 * random.standard_normal(PICTURE.shape)
        gradient = tf.constant(slope * (PICTURE + noise), tf.float32)
        state = step(state, gradient, tf.constant(-float(loss)), NEAR_A_MINIMUM)
        optimizer.step(expected, list(cut(gradient)), -float(loss))
        if expected.direction is not None:
            largest = float(tf.reduce_max(tf.abs(state.direction)))
            np.testing.assert_allclose(
                state.direction, expected.direction[0], rtol=1e-3, atol=1e-3 * largest
            )
        assert int(state.pairs) == len(expected.history)
        kept.append(len(expected.history))
    assert kept == [0, 1, 2, 1, 2, 2, 2]


def test_a_loss_that_is_no_number_is_not_kept() -> None:
    step = LbfgsStep(pairs=2)
    state = step.start(PICTURE)
    for loss in (1.0, 0.5):
        state = step(state, 0.1 * state.picture, tf.constant(loss), NEAR_A_MINIMUM)
    after = step(state, tf.fill(PICTURE.shape, np.nan), tf.constant(np.nan), NEAR_A_MINIMUM)
    np.testing.assert_array_equal(after.kept, state.kept)
    assert np.isfinite(after.picture).all()


def test_compiled_it_does_the_same() -> None:
    step = LbfgsStep(pairs=2)

    def whole(state: LbfgsTensors) -> LbfgsTensors:
        loss, gradient = loss_and_gradient(state.picture)
        return step(state, gradient, loss, NEAR_A_MINIMUM)

    state = expected = step.start(PICTURE)
    compiled, plain = Program(whole, (state,)), tf.function(whole, autograph=False)
    for _ in range(12):
        state, expected = compiled(state), plain(expected)
    np.testing.assert_allclose(state.loss, expected.loss, rtol=1e-4)
    np.testing.assert_allclose(state.picture, expected.picture, atol=1e-3)
    assert float(expected.loss) < float(loss_and_gradient(PICTURE)[0])
