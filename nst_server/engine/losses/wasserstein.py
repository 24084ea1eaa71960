"""Style distance: Wasserstein-2 between the Gaussians of feature maps and of a style.

W₂² = |μ−μ̂|² + tr Σ + tr Σ̂ − 2 tr (RᵀΣR)^½ with RRᵀ = Σ̂, as in crowsonkb,
style-transfer-pytorch, where R is the square root Σ̂^½. Here R has only as many directions as hold
nearly all of the style's variance. That makes the root many times cheaper, and variance in the
other directions counts as variance that the style does not have.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from nst_server.engine.losses.moments import Moments

VARIANCE_SHARE = 0.99
"""Share of the style's variance that its root holds."""

MAXIMUM_RANK = 320
"""Most directions that a root holds."""

_SMALLEST = 1e-6
"""Part of the largest eigenvalue, or of all variance; below it float32 has nothing reliable."""


def style_root(style: Moments) -> tf.Tensor:
    """Return R, channels × rank, with RRᵀ ≈ Σ̂; it stays the same for a whole scale.

    Any factor of Σ̂ gives the same distance. The pivoted Cholesky factor (Harbrecht, Peters and
    Schneider, "On the low-rank approximation by the pivoted Cholesky decomposition", 2012) has some
    more directions than eigenvectors would, and takes a tenth of their time.
    """
    covariance = _covariance(style).numpy().astype(np.float64)
    missing = covariance.diagonal().clip(0)
    left_out = max(1.0 - VARIANCE_SHARE, _SMALLEST) * missing.sum()
    rows = np.zeros((min(len(covariance), MAXIMUM_RANK), len(covariance)))
    rank = 0
    while rank < len(rows) and missing.sum() > left_out:
        pivot = int(missing.argmax())
        rest = covariance[pivot] - rows[:rank, pivot] @ rows[:rank]
        rows[rank] = rest / np.sqrt(missing[pivot])
        missing = (missing - rows[rank] ** 2).clip(0)
        rank += 1
    return tf.constant(rows[: max(1, rank)].T, tf.float32)


def wasserstein(measured: Moments, style: Moments, root: tf.Tensor) -> tf.Tensor:
    """Return W₂² between ``measured`` and ``style``, relative to the style's power.

    The power is the trace of its Gram matrix. ``root`` is `style_root` of ``style``. The style
    and the count get no gradient.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def of_sums(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
        return _with_gradient(Moments(first, second, measured.count), style, root)

    return of_sums(measured.first, measured.second)


def _with_gradient(
    measured: Moments, style: Moments, root: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]]:
    """Return the distance, and its gradient by ΣF and ΣFFᵀ.

    With d tr(X^½) = ½ tr(X^−½ dX) the gradient by Σ is 1 − R(RᵀΣR)^−½Rᵀ: one product, where
    automatic differentiation goes back through every step. An eigendecomposition is exact where
    the Newton–Schulz iteration has not converged for the small directions, and takes half the time
    on a CPU.
    """
    covariance = _covariance(measured)
    values, vectors = tf.linalg.eigh(tf.matmul(root, covariance @ root, transpose_a=True))
    # The covariance of a single position, or of one flat color, is zero.
    least = _SMALLEST * tf.maximum(values[-1], _SMALLEST * tf.square(tf.reduce_sum(root * root)))
    roots = tf.sqrt(tf.maximum(values, least))
    shift = measured.mean - style.mean
    spread = tf.linalg.trace(covariance) + tf.reduce_sum(tf.square(root))
    power = tf.linalg.trace(style.gram)
    distance = (tf.reduce_sum(tf.square(shift)) + spread - 2.0 * tf.reduce_sum(roots)) / power

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        scale = upstream / (power * measured.count)
        half = (root @ vectors) / tf.sqrt(roots)
        negative = tf.matmul(-scale * half, half, transpose_b=True)
        by_second = tf.linalg.set_diag(negative, tf.linalg.diag_part(negative) + scale)
        by_mean = tf.linalg.matvec(by_second, measured.mean)
        return 2.0 * (scale * shift - by_mean), by_second

    return distance, gradient


def _covariance(moments: Moments) -> tf.Tensor:
    mean = moments.mean
    return moments.gram - mean[:, tf.newaxis] * mean[tf.newaxis, :]
