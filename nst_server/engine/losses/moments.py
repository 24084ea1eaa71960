"""The statistics that make up a style: moments of feature maps, as a value type."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add

import tensorflow as tf

from nst_server.engine.network.compiled import is_compiled_whole
from nst_server.engine.network.extent import Extent


class Moments(tf.experimental.ExtensionType):  # type: ignore[misc]
    """Sums over the positions of a feature map; adding two of them pools their positions.

    ``first`` is ΣF (channels), ``second`` ΣFFᵀ (channels × channels), ``count`` the number of
    positions or the sum of their weights. All are float32. They are sums, not means, so that
    ``+`` joins tiles, masked regions and several styles, and ``*`` weights them.
    """

    first: tf.Tensor
    second: tf.Tensor
    count: tf.Tensor

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.first + other.first, self.second + other.second, self.count + other.count
        )

    def __mul__(self, factor: float | tf.Tensor) -> Moments:
        return Moments(self.first * factor, self.second * factor, self.count * factor)

    @property
    def mean(self) -> tf.Tensor:
        """Mean of each channel."""
        return self.first / self.count

    @property
    def gram(self) -> tf.Tensor:
        """Gram matrix FᵀF / (height · width), the notebook's normalization."""
        return self.second / self.count

    def normalized(self) -> Moments:
        """Return the same means with a count of one, so that pictures of any size count alike."""
        return self * (1.0 / self.count)


def moments_spec(channels: int) -> tf.TypeSpec:
    """Return the type of `Moments` over ``channels``, for a traced function's signature."""
    return Moments.Spec(
        first=tf.TensorSpec([channels]),
        second=tf.TensorSpec([channels, channels]),
        count=tf.TensorSpec([]),
    )


def blend(styles: Iterable[tuple[Moments, float]]) -> Moments:
    """Return the weighted mean of several styles' moments; only the ratios of weights count."""
    weighted = [moments.normalized() * weight for moments, weight in styles if weight > 0]
    return reduce(add, weighted).normalized()


def moments(
    features: tf.Tensor, weight: tf.Tensor | None = None, extent: Extent | None = None
) -> Moments:
    """Return the moments of a feature map (1 × h × w × channels), weighted by ``weight``.

    ``weight`` is 1 × h × w × 1, None for equal weights. It gets no gradient. Outside the ``extent``
    map and weight are zero.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def sums(features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return ΣF and ΣFFᵀ. Their gradient is one product; automatic differentiation has more."""

        def gradient(by_first: tf.Tensor, by_second: tf.Tensor) -> tf.Tensor:
            product = _by_features(features, by_first, by_second)
            return product if factor is None else factor * product

        rows = _rows(features)
        if factor is None:
            ones = tf.ones([tf.shape(rows)[0], 1], rows.dtype)
            return (_product(ones, rows)[0], _product(rows, rows)), gradient
        first, second = _product(_rows(factor), rows)[0], _product(_rows(features * factor), rows)
        return (first, second), gradient

    factor = None if weight is None else tf.cast(weight, features.dtype)
    if weight is not None:
        count = tf.reduce_sum(weight)
    elif extent is not None:
        count = extent.positions
    else:
        count = tf.cast(tf.reduce_prod(tf.shape(features)[:-1]), tf.float32)
    return Moments(*sums(features), count)


def _rows(features: tf.Tensor) -> tf.Tensor:
    return tf.reshape(features, [-1, features.shape[-1]])


def _by_features(features: tf.Tensor, by_first: tf.Tensor, by_second: tf.Tensor) -> tf.Tensor:
    """Return the gradient by the features, F(D + Dᵀ) + d, in their own precision.

    It is a convolution of 1 × 1, since TensorFlow fuses that with the bias, and with the sum with
    other gradients by the features.
    """
    symmetric = tf.cast(by_second + tf.transpose(by_second), features.dtype)
    product = tf.nn.conv2d(features, symmetric[tf.newaxis, tf.newaxis], 1, "VALID")
    return tf.nn.bias_add(product, tf.cast(by_first, features.dtype))


def _product(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Return leftᵀ·right in float32.

    A product in bfloat16 is rounded to bfloat16 at the end, by 0.4 % of every entry. Partial
    products added up in float32 leave a fraction of that error, at a fraction of the cost of
    multiplying in float32. Many channels get fewer of them, since there the sums themselves cost.
    XLA gives such sums in float32, and there it is needed: a covariance of rounded sums may have
    negative eigenvalues, from which roots by products grow without end.
    """
    if left.dtype == tf.float32:
        return tf.matmul(left, right, transpose_a=True)
    if is_compiled_whole():
        return tf.raw_ops.BatchMatMulV3(x=left, y=right, Tout=tf.float32, adj_x=True)
    blocks = max(4, 1024 // right.shape[-1])
    even = tf.shape(left)[0] // blocks * blocks
    partial = tf.matmul(
        tf.reshape(left[:even], [blocks, -1, left.shape[-1]]),
        tf.reshape(right[:even], [blocks, -1, right.shape[-1]]),
        transpose_a=True,
    )
    rest = tf.matmul(left[even:], right[even:], transpose_a=True)
    return tf.reduce_sum(tf.cast(partial, tf.float32), axis=0) + tf.cast(rest, tf.float32)
