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
from nst_server.engine.network.compiled import is_compiled_whole

VARIANCE_SHARE = 0.99
"""Share of the style's variance that its root holds."""

MAXIMUM_RANK = 320
"""Most directions that a root holds."""

_PRODUCT_STEPS = 22
"""Newton–Schulz steps after which the root of the smallest eigenvalue is right: each multiplies
the distance from zero by 2.25, so 17 reach one from a millionth."""

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
    automatic differentiation goes back through every step.
    """
    covariance = _covariance(measured)
    small = tf.matmul(root, covariance @ root, transpose_a=True)
    # The covariance of a single position, or of one flat color, is zero.
    least = _SMALLEST * tf.square(tf.reduce_sum(root * root))
    roots = _roots_by_products if is_compiled_whole() else _roots_by_eigenvalues
    trace, inverse = roots(small, root, least)
    shift = measured.mean - style.mean
    spread = tf.linalg.trace(covariance) + tf.reduce_sum(tf.square(root))
    power = tf.linalg.trace(style.gram)
    distance = (tf.reduce_sum(tf.square(shift)) + spread - 2.0 * trace) / power

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        scale = upstream / (power * measured.count)
        negative = inverse(-scale)
        by_second = tf.linalg.set_diag(negative, tf.linalg.diag_part(negative) + scale)
        by_mean = tf.linalg.matvec(by_second, measured.mean)
        return 2.0 * (scale * shift - by_mean), by_second

    return distance, gradient


_Inverse = Callable[[tf.Tensor], tf.Tensor]
"""Returns factor · R X^−½ Rᵀ."""


def _roots_by_eigenvalues(
    small: tf.Tensor, root: tf.Tensor, least: tf.Tensor
) -> tuple[tf.Tensor, _Inverse]:
    """Return tr X^½ of a ``small`` matrix X, and R X^−½ Rᵀ.

    Eigenvalues of zero have no inverse. So X + δ is taken, and what δ adds is taken away again to
    second order. Columns of zeros in the root, as of `with_fixed_rank`, count for nothing. An
    eigendecomposition takes half the time of `_roots_by_products` on a CPU.
    """
    values, vectors = tf.linalg.eigh(small)
    added = _SMALLEST * tf.maximum(tf.norm(small), least)
    shifted = tf.maximum(values, 0.0) + added
    inverses = shifted**-0.5
    ratio = added / shifted
    roots = shifted * inverses * (1.0 - ratio / 2.0 - ratio**2 / 8.0)
    inverses *= 1.0 + ratio / 2.0 + 0.375 * ratio**2
    # Eigenvalues ascend, so those of columns of zeros come first.
    unused = tf.reduce_sum(tf.cast(tf.reduce_all(tf.equal(root, 0.0), 0), tf.int32))

    def inverse(factor: tf.Tensor) -> tf.Tensor:
        directions = root @ vectors
        return tf.matmul(factor * inverses * directions, directions, transpose_b=True)

    return tf.reduce_sum(roots[unused:]), inverse


def _roots_by_products(
    small: tf.Tensor, root: tf.Tensor, least: tf.Tensor
) -> tuple[tf.Tensor, _Inverse]:
    """Return the same by the Newton–Schulz iteration, which is nothing but products of matrices.

    XLA decomposes by Jacobi rotations, thousands of operations one after the other.
    """
    numbers = tf.eye(small.shape[0])
    scale = tf.maximum(tf.norm(small), least)

    def nearer(step: tf.Tensor, y: tf.Tensor, z: tf.Tensor) -> tuple[tf.Tensor, ...]:
        factor = 1.5 * numbers - 0.5 * z @ y
        return step + 1, y @ factor, factor @ z

    def is_far(step: tf.Tensor, *_: tf.Tensor) -> tf.Tensor:
        return step < _PRODUCT_STEPS

    start = (0, small / scale + _SMALLEST * numbers, numbers)
    _, y, z = tf.while_loop(is_far, nearer, start, parallel_iterations=1)
    is_used = tf.cast(tf.reduce_max(tf.abs(root), 0) > 0, tf.float32)
    square = z @ z
    cube = square @ z
    half = 0.5 * _SMALLEST
    roots = tf.linalg.diag_part(y - half * z - 0.5 * half**2 * cube)
    trace = tf.sqrt(scale) * tf.reduce_sum(is_used * roots)

    def inverse(factor: tf.Tensor) -> tf.Tensor:
        exact = z + half * cube + 1.5 * half**2 * cube @ square
        return tf.matmul((factor / tf.sqrt(scale)) * root @ exact, root, transpose_b=True)

    return trace, inverse


def with_fixed_rank(root: tf.Tensor) -> tf.Tensor:
    """Fill a root with columns of zeros, so that its shape does not depend on the style."""
    channels, rank = root.shape
    return tf.pad(root, ((0, 0), (0, min(channels, MAXIMUM_RANK) - rank)))


def _covariance(moments: Moments) -> tf.Tensor:
    mean = moments.mean
    return moments.gram - mean[:, tf.newaxis] * mean[tf.newaxis, :]
