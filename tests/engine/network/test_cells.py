"""What of feature maps belongs to a cell, and the way back from there."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from nst_server.engine.network.cells import halved, inside, with_halo

FEATURES = tf.random.stateless_normal([1, 12, 10, 4], seed=(1, 0))
CELL = tf.constant([2, 9, 3, 10])


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
