"""Total variation, a measure of a picture's roughness, with its gradient."""

from __future__ import annotations

import tensorflow as tf

from nst_server.engine.network.extent import Extent

NAME = "smoothness"
"""Name of the term in traces and reports: that of the option that sets its weight."""


def total_variation(
    picture: tf.Tensor,
    cell: tf.Tensor | None = None,
    numbers: tf.Tensor | None = None,
    extent: Extent | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the mean squared difference of neighbors, down and to the right, and its gradient.

    ``picture`` is 1 × height × width × channels. For a tile it is the share of its ``cell`` (top,
    bottom, left, right) in a picture of ``numbers`` numbers; the shares of all cells add up. Of a
    picture with an ``extent`` only what is inside counts. The gradient of this sum of squares is
    the Laplacian with replicated borders, and half its product with the picture is the loss again:
    far fewer passes over the picture than automatic differentiation makes.
    """
    if extent is not None:
        numbers = 3.0 * extent.positions
        picture = extent.with_border(picture)
    around = tf.pad(picture, ((0, 0), (1, 1), (1, 1), (0, 0)), "SYMMETRIC")
    neighbors = (
        around[:, :-2, 1:-1] + around[:, 2:, 1:-1] + around[:, 1:-1, :-2] + around[:, 1:-1, 2:]
    )
    scale = 2.0 / (tf.cast(tf.size(picture), tf.float32) if numbers is None else numbers)
    gradient = scale * (4.0 * picture - neighbors)
    if extent is not None:
        gradient = extent.cleared(gradient)
    if cell is not None:
        top, bottom, left, right = tf.unstack(cell)
        height, width = tf.unstack(tf.shape(picture)[1:3])
        halo = ((0, 0), (top, height - bottom), (left, width - right), (0, 0))
        gradient = tf.pad(gradient[:, top:bottom, left:right], halo)
    return 0.5 * tf.reduce_sum(picture * gradient), gradient
