"""L-BFGS: on a bowl, and against Adam on the notebook's loss."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.canvas import strips
from nst_server.engine.canvas.margin import between
from nst_server.engine.canvas.picture import Picture, Style
from nst_server.engine.canvas.strips import cut
from nst_server.engine.method import Optimizer
from nst_server.engine.optimizers import lbfgs
from nst_server.engine.optimizers.adam import NOTEBOOK, RELATIVE, Adam
from nst_server.engine.optimizers.lbfgs import PAIRS, PAIRS_NEAR_A_MINIMUM, Lbfgs, two_loops
from nst_server.engine.optimizers.preconditioner import NEAR_A_MINIMUM
from nst_server.engine.painter import Painter
from nst_server.engine.planning.schedule import Scale
from nst_server.values.settings import Settings
from tests.support.landscapes import landscape


def bowl(picture: tf.Tensor) -> tuple[float, list[tf.Tensor]]:
    """A long narrow valley with its floor at 0.5; its gradient in strips."""
    steepness = tf.reshape(tf.exp(tf.linspace(0.0, 6.0, tf.size(picture))), picture.shape)
    away = picture - 0.5
    return float(tf.reduce_sum(steepness * away**2)), list(cut(2 * steepness * away))


@pytest.mark.parametrize(("pairs", "depth"), [(PAIRS, 1e-4), (PAIRS_NEAR_A_MINIMUM, 1e-5)])
def test_finds_the_floor_of_a_valley_and_never_climbs(pairs: int, depth: float) -> None:
    optimizer = Lbfgs(pairs=pairs, metric=NEAR_A_MINIMUM)
    state = optimizer.start(tf.constant(landscape(8, 8)[np.newaxis]))
    losses = []
    for _ in range(300):
        loss, gradient = bowl(state.picture)
        optimizer.step(state, gradient, loss)
        losses.append(state.loss)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < depth * losses[0]
    assert bowl(optimizer.result(state))[0] == pytest.approx(losses[-1])


def descended(optimizer: Optimizer, steps: int) -> tf.Tensor:
    state = optimizer.start(tf.constant(landscape(8, 40)[np.newaxis]))
    for _ in range(steps):
        loss, gradient = bowl(state.picture)
        optimizer.step(state, gradient, loss)
    resized = between(Scale(8, 40, steps), Scale(8, 40, steps))
    optimizer.resize(state, resized(optimizer.result(state)), resized)
    return optimizer.result(state)


@pytest.mark.parametrize("optimizer", [Lbfgs(), Adam(RELATIVE), Adam(NOTEBOOK)])
def test_a_picture_in_strips_moves_as_a_whole_one(
    optimizer: Optimizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = descended(optimizer, 12)
    monkeypatch.setattr(strips, "PIXELS", 1)
    np.testing.assert_allclose(descended(optimizer, 12), expected, atol=1e-5)


@pytest.mark.parametrize("pairs", [1, 3])
def test_less_history_of_a_large_picture_is_enough(
    pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bfloat16 = 2
    monkeypatch.setattr(lbfgs, "HISTORY_BYTES", pairs * 2 * bfloat16 * 8 * 8 * 3)
    optimizer = Lbfgs(pairs=4, metric=NEAR_A_MINIMUM)
    state = optimizer.start(tf.constant(landscape(8, 8)[np.newaxis]))
    start, _ = bowl(state.picture)
    for _ in range(120):
        loss, gradient = bowl(state.picture)
        optimizer.step(state, gradient, loss)
    assert [pair.step[0].dtype for pair in state.history] == [tf.bfloat16] * pairs
    assert state.loss < 1e-2 * start


def test_products_that_are_kept_are_those_of_the_pairs() -> None:
    optimizer = Lbfgs(pairs=3)
    state = optimizer.start(tf.constant(landscape(8, 8)[np.newaxis]))
    pairs = []
    for step in range(60):
        loss, gradient = bowl(state.picture)
        went_wrong = step % 20 > 12  # long enough that the curvature is forgotten, too
        optimizer.step(state, gradient, state.loss + 1 if went_wrong else loss)
        pairs.append(len(state.history))
        both = [(pair.step[0], pair.difference[0]) for pair in state.history]
        basis = np.array(both, np.float64).reshape(2 * len(state.history), 192)
        expected = basis @ basis.T
        sizes = np.sqrt(np.diag(expected))
        assert state.products.shape == expected.shape
        assert np.all(np.abs(state.products - expected) <= 1e-4 * np.outer(sizes, sizes))
    assert set(pairs) == {0, 1, 2, 3}


def test_a_pair_without_curvature_is_dropped() -> None:
    optimizer = Lbfgs(pairs=3)
    state = optimizer.start(tf.constant(landscape(8, 8)[np.newaxis]))
    for _ in range(3):
        loss, gradient = bowl(state.picture)
        optimizer.step(state, gradient, loss)
    before, tried = state.history, state.picture
    # As on a hill: the farther, the steeper down.
    steeper = [slope - (tried - state.kept) for slope in gradient]
    optimizer.step(state, steeper, state.loss - 1)
    assert len(before) == 2
    assert [pair is old for pair, old in zip(state.history, before, strict=True)] == [True, True]
    assert state.products.shape == (4, 4)
    assert np.isfinite(state.picture).all()
    assert float(tf.reduce_max(tf.abs(state.picture - tried))) > 1e-3


def test_goes_back_where_a_step_was_too_long() -> None:
    optimizer = Lbfgs()
    start = tf.constant(landscape(8, 8)[np.newaxis])
    state = optimizer.start(start)
    loss, gradient = bowl(start)
    optimizer.step(state, gradient, loss)
    tried = state.picture
    optimizer.step(state, gradient, loss + 1)
    np.testing.assert_allclose(state.picture - start, (tried - start) / 2, atol=1e-6)
    np.testing.assert_array_equal(optimizer.result(state), start)


def test_vector_free_form_is_that_of_the_textbook() -> None:
    random = np.random.default_rng(0)
    steps, gradient = random.standard_normal((4, 30)), random.standard_normal(30)
    curvature = np.diag(random.uniform(0.5, 5, 30))
    differences = steps @ curvature
    direction = -gradient
    shares = []
    for step, difference in zip(steps[::-1], differences[::-1], strict=True):
        shares.append(step @ direction / (step @ difference))
        direction = direction - shares[-1] * difference
    direction = direction * (steps[-1] @ differences[-1]) / (differences[-1] @ differences[-1])
    for step, difference in zip(steps, differences, strict=True):
        back = difference @ direction / (step @ difference)
        direction = direction + step * (shares.pop() - back)
    pairs = np.stack([steps, differences], axis=1).reshape(8, 30)
    basis = np.vstack([pairs, gradient])
    np.testing.assert_allclose(two_loops(basis @ basis.T) @ basis, direction, rtol=1e-9)


@pytest.mark.engine
def test_lower_loss_than_adam_at_equal_evaluations(painter: Painter) -> None:
    content, style = Picture(landscape(96, 64, seed=1)), Style(Picture(landscape(64, 64, seed=2)))
    reached = {}
    for optimizer in ("adam", "lbfgs"):
        settings = Settings.of_preset(
            "classic", iterations=40, optimizer=optimizer, backbone="vgg16"
        )
        losses = [i.progress.loss for i in painter.stylize(content, [style], settings)]
        assert len(losses) == 40
        reached[optimizer] = min(losses)
    assert reached["lbfgs"] < reached["adam"]
