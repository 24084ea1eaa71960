"""Layers with custom gradients, where TensorFlow's own gradients take longer on a CPU."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import tensorflow as tf

from nst_server.engine.network.cells import with_halo
from nst_server.engine.network.compiled import compiled

_WINDOW = (2, 2, "VALID")
"""Side, stride and padding of all poolings."""

_LEAST_COMPILED = 2**22
"""Least size, in numbers, of feature maps whose backward pass through ReLU is compiled: at 512
pixels those of the first two blocks, at 1024 those of the first four."""

_PACKED = 5
"""Neighboring pixels that are computed as one position of the first layer's gradient: their 15
channels fill one vector of 16 numbers, which would cost as much for the three of one pixel."""

_Gradient = Callable[[tf.Tensor], tf.Tensor]


def convolve_picture(picture: tf.Tensor, kernel: tf.Tensor, padding: str) -> tf.Tensor:
    """Convolve a picture, 3 × 3, ``SAME`` or ``VALID``; the kernel gets no gradient.

    The picture's gradient, 64 channels to 3, is a convolution of ``upstream`` with the `_packed`
    kernel.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolved(picture: tf.Tensor) -> tuple[tf.Tensor, _Gradient]:
        height, width = tf.unstack(tf.shape(picture)[1:3])

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            reach = 1 if padding == "SAME" else 2
            sides = [[0, 0], [reach, reach], [reach, reach + _PACKED - 1], [0, 0]]
            packs = tf.nn.conv2d(upstream, _packed(kernel), [1, 1, _PACKED, 1], sides)
            return tf.reshape(packs, [1, height, -1, kernel.shape[2]])[:, :, :width]

        return tf.nn.conv2d(picture, kernel, 1, padding), gradient

    return convolved(picture)


def _packed(kernel: tf.Tensor) -> tf.Tensor:
    """Turn a kernel by 180°, once per packed pixel: 3 × (2 + packed) × 64 × (packed · 3)."""
    back = tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2])
    shifted = [
        tf.pad(back, ((0, 0), (shift, _PACKED - 1 - shift), (0, 0), (0, 0)))
        for shift in range(_PACKED)
    ]
    return tf.concat(shifted, -1)


def relu(x: tf.Tensor, pooling: str = "") -> tf.Tensor:
    """Apply ReLU, and then pooling by ``average`` or ``max`` if it is not empty.

    Both in one function, since TensorFlow 2.21 crashed where our gradient of the pooling alone was
    summed with another one, as happens at a measured layer. Measured layers use `pooled`.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def layer(x: tf.Tensor) -> tuple[tf.Tensor, _Gradient]:
        positive = tf.nn.relu(x)
        result = pooled(positive, pooling)

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            if pooling == "max":
                # A positive maximum comes from a positive number, so the mask of ReLU may as well
                # be that of the pooled map, a quarter of the size.
                masked = tf.raw_ops.ReluGrad(gradients=upstream, features=result)
                return max_pool_gradient(positive, masked)
            return relu_gradient(positive, upstream, pooling=pooling)

        return result, gradient

    return layer(x)


def pooled(features: tf.Tensor, pooling: str) -> tf.Tensor:
    """Pool by ``average`` or ``max``, with TensorFlow's own gradient; not at all if it is empty."""
    if not pooling:
        return features
    pool = tf.nn.avg_pool2d if pooling == "average" else tf.nn.max_pool2d
    return pool(features, *_WINDOW)


def relu_gradient(
    features: tf.Tensor,
    upstream: tf.Tensor | None,
    measured: tf.Tensor | None = None,
    cell: tf.Tensor | None = None,
    *,
    pooling: str = "",
) -> tf.Tensor:
    """Return the gradient by the input of the ReLU whose output is ``features``.

    ``upstream`` is the gradient by the features, or by their pooled map if there is a ``pooling``;
    None if no later layer uses them. ``measured`` is the gradient by the part of them in ``cell``,
    which was measured.
    """
    if upstream is not None and pooling == "max":
        upstream, pooling = max_pool_gradient(features, upstream), ""
    return _through_relu(features, upstream, measured, cell, pooling=pooling)


def max_pool_gradient(features: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """Return the gradient by a feature map from that by its maxima; the first of equals gets it."""
    return tf.raw_ops.MaxPoolGrad(
        orig_input=features,
        orig_output=pooled(features, "max"),
        grad=upstream,
        ksize=[1, 2, 2, 1],
        strides=[1, 2, 2, 1],
        padding="VALID",
    )


def unpooled(upstream: tf.Tensor, shape: tf.Tensor, pooling: str) -> tf.Tensor:
    """Spread the gradient by a pooled map over its windows, to a map of ``shape``.

    For an average each position gets a quarter; for a maximum each gets all, which is right for
    only one of them.
    """
    if not pooling:
        return upstream
    return _spread(0.25 * upstream if pooling == "average" else upstream, shape)


def _sum_through(
    let_through: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    features: tf.Tensor,
    upstream: tf.Tensor | None,
    measured: tf.Tensor | None,
    cell: tf.Tensor | None,
    *,
    pooling: str,
) -> tf.Tensor:
    """Sum the gradients by the output of a ReLU, and let them through where it does."""
    shape = tf.shape(features)
    parts = []
    if upstream is not None:
        parts.append(unpooled(upstream, shape, pooling))
    if measured is not None:
        parts.append(with_halo(measured, shape, cell))
    return let_through(features, sum(parts[1:], parts[0]))


def _as_numbers(features: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    """The gradient where features are positive, else zero."""
    return tf.raw_ops.ReluGrad(gradients=gradient, features=features)


def _as_integers(features: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    """Do the same by bits: XLA would convert bfloat16 to float32 and back, which takes longer."""
    integer = {2: tf.int16, 4: tf.int32}[features.dtype.size]
    is_positive = tf.bitcast(features, integer) > 0
    bits = tf.where(is_positive, tf.bitcast(gradient, integer), tf.zeros([], integer))
    return tf.bitcast(bits, gradient.dtype)


_through_relu = compiled(
    partial(_sum_through, _as_integers),
    plain=partial(_sum_through, _as_numbers),
    least=_LEAST_COMPILED,
)


def _spread(pooled: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """Repeat each number of a pooled map (1 × h × w × channels) four times, to a map of ``shape``.

    Odd last rows and columns, which are in no window, are zero.
    """
    channels = pooled.shape[-1]
    height, width = tf.unstack(tf.shape(pooled)[1:3])
    quarters = tf.reshape(pooled, [height, 1, width, 1, channels])
    windows = tf.broadcast_to(quarters, [height, 2, width, 2, channels])
    windows = tf.reshape(windows, [1, 2 * height, 2 * width, channels])
    missing = shape - tf.shape(windows)
    return tf.pad(windows, tf.stack([tf.zeros_like(missing), missing], 1))
