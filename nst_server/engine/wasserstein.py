"""Style distance as the Wasserstein-2 distance of two Gaussians, of feature maps and of a style.

W₂² = |μ−μ̂|² + tr Σ + tr Σ̂ − 2 tr (RᵀΣR)^½ with RRᵀ = Σ̂, as in crowsonkb,
style-transfer-pytorch, where R is the square root Σ̂^½. Here R has only the directions that hold
nearly all of the style's variance: that makes the root many times cheaper, and what is left out
counts as what the style does not have.
"""

from __future__ import annotations

import tensorflow as tf

from nst_server.engine.statistics import Moments

VARIANCE_SHARE = 0.99
"""Of the style's variance, that its root holds."""

MAXIMUM_RANK = 256
"""Directions that a root holds at the most."""

_SMALLEST = 1e-6
"""Eigenvalues below this part of the largest have no reliable inverse in float32."""


def style_root(style: Moments) -> tf.Tensor:
    """R, channels × rank, with RRᵀ ≈ Σ̂; it stays the same for a whole scale."""
    variances, directions = tf.linalg.eigh(_covariance(style))
    variances = tf.nn.relu(tf.reverse(variances, [0]))
    share = tf.cumsum(variances) / tf.reduce_sum(variances)
    rank = tf.reduce_sum(tf.cast(share < VARIANCE_SHARE, tf.int32)) + 1
    rank = tf.minimum(rank, MAXIMUM_RANK)
    return tf.reverse(directions, [1])[:, :rank] * tf.sqrt(variances[:rank])


def wasserstein(measured: Moments, style: Moments, root: tf.Tensor) -> tf.Tensor:
    """W₂² between ``measured`` and ``style``, in parts of the style's own power.

    ``root`` is `style_root` of ``style``.
    """
    covariance = _covariance(measured)
    means = tf.reduce_sum(tf.square(measured.mean - style.mean))
    overlap = _trace_of_root(tf.transpose(root) @ covariance @ root)
    spread = tf.linalg.trace(covariance) + tf.reduce_sum(tf.square(root)) - 2.0 * overlap
    return (means + spread) / tf.linalg.trace(style.gram)


def _covariance(moments: Moments) -> tf.Tensor:
    mean = moments.mean
    return moments.gram - mean[:, tf.newaxis] * mean[tf.newaxis, :]


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _trace_of_root(matrix: tf.Tensor) -> tf.Tensor:
    """tr(X^½) of a symmetric positive matrix, with d tr(X^½) = ½ tr(X^−½ dX).

    An eigendecomposition is exact where the iteration of Newton and Schulz has not converged for
    the small directions, and on a processor it takes half the time.
    """
    values, vectors = tf.linalg.eigh(matrix)
    roots = tf.sqrt(tf.maximum(values, _SMALLEST * values[-1]))

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        return 0.5 * upstream * (vectors / roots) @ tf.transpose(vectors)

    return tf.reduce_sum(roots), gradient
