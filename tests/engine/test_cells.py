"""What of feature maps belongs to a cell, and the way back from there."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine.cells import halved, inside, with_halo
from nst_server.engine.statistics import moments

FEATURES = tf.random.stateless_normal([1, 12, 10, 4], seed=(1, 0))
CELL = tf.constant([2, 9, 3, 10])
WEIGHT = tf.random.stateless_uniform([1, 7, 7, 1], seed=(2, 0))


def test_a_cell_of_the_picture_is_a_smaller_one_of_deep_layers() -> None:
    cell = tf.constant([32, 80, 0, 48])
    assert halved(cell, 0).numpy().tolist() == [32, 80, 0, 48]
    assert halved(cell, 4).numpy().tolist() == [2, 5, 0, 3]


def test_the_way_back_from_a_cell_is_that_of_a_slice() -> None:
    with tf.GradientTape() as tape:
        tape.watch(FEATURES)
        cut = inside(FEATURES, CELL)
        way = tf.reduce_sum(tf.sin(cut))
    expected = tape.gradient(way, FEATURES)
    np.testing.assert_array_equal(with_halo(tf.cos(cut), tf.shape(FEATURES), CELL), expected)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_moments_of_a_cell_are_those_of_what_is_inside(weight: tf.Tensor | None) -> None:
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(FEATURES)
        found = moments(FEATURES, weight, CELL)
        expected = moments(inside(FEATURES, CELL), weight)
        sines = [tf.reduce_sum(tf.sin(each.second)) for each in (found, expected)]
    np.testing.assert_allclose(found.second, expected.second, rtol=1e-5)
    np.testing.assert_allclose(found.first, expected.first, rtol=1e-5)
    assert float(found.count) == pytest.approx(float(expected.count))
    np.testing.assert_allclose(*[tape.gradient(sine, FEATURES) for sine in sines], atol=1e-5)
