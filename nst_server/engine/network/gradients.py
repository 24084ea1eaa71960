"""Layers with gradients of our own, where those of TensorFlow take longer on a processor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import tensorflow as tf

from nst_server.engine.network.cells import with_halo
from nst_server.engine.network.compiled import compiled

_WINDOW = (2, 2, "VALID")
"""Of all poolings: side, stride and padding."""

_LEAST_COMPILED = 2**22
"""Numbers of a feature map from which on the way back through ReLU is compiled: at 512 pixels those
of the first two blocks, at 1024 of the first four."""

_PACKED = 5
"""Pixels side by side that come from one position of the first layer's gradient: their 15 channels
take one vector of 16 numbers, in which the three of a single pixel are as dear."""

_Way = Callable[[tf.Tensor], tf.Tensor]


def convolve_picture(picture: tf.Tensor, kernel: tf.Tensor, padding: str) -> tf.Tensor:
    """3 × 3 convolution of a picture, ``SAME`` or ``VALID``; nothing flows back to the kernel.

    Its gradient, 64 channels to 3, is the same convolution of upstream with `_packed` kernels.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolved(picture: tf.Tensor) -> tuple[tf.Tensor, _Way]:
        height, width = tf.unstack(tf.shape(picture)[1:3])

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            reach = 1 if padding == "SAME" else 2
            sides = [[0, 0], [reach, reach], [reach, reach + _PACKED - 1], [0, 0]]
            packs = tf.nn.conv2d(upstream, _packed(kernel), [1, 1, _PACKED, 1], sides)
            return tf.reshape(packs, [1, height, -1, kernel.shape[2]])[:, :, :width]

        return tf.nn.conv2d(picture, kernel, 1, padding), gradient

    return convolved(picture)


def _packed(kernel: tf.Tensor) -> tf.Tensor:
    """The kernel turned round, for `_PACKED` pixels: 3 × (2 + packed) × 64 × (packed · 3)."""
    back = tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2])
    shifted = [
        tf.pad(back, ((0, 0), (shift, _PACKED - 1 - shift), (0, 0), (0, 0)))
        for shift in range(_PACKED)
    ]
    return tf.concat(shifted, -1)


def relu(x: tf.Tensor, pooling: str = "") -> tf.Tensor:
    """ReLU, and pooling behind it by ``average`` or ``max``.

    Together, since TensorFlow 2.21 crashed where our gradient of the pooling alone was summed with
    another, as before a layer that is compared. Such layers take `pooled`.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def layer(x: tf.Tensor) -> tuple[tf.Tensor, _Way]:
        positive = tf.nn.relu(x)
        result = pooled(positive, pooling)

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            if pooling == "max":
                # Where the maximum is positive so is what it was taken from: the mask of ReLU may
                # as well be that of the pooled map, a quarter of the size.
                masked = tf.raw_ops.ReluGrad(gradients=upstream, features=result)
                return max_pool_gradient(positive, masked)
            return relu_gradient(positive, upstream, pooling=pooling)

        return result, gradient

    return layer(x)


def pooled(features: tf.Tensor, pooling: str) -> tf.Tensor:
    """Pooling by ``average`` or ``max``, with TensorFlow's own gradient; without, the same map."""
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
    """The gradient by what ReLU made ``features`` of.

    ``upstream`` is the gradient by the features, or by what came of ``pooling`` them; None if
    nothing went on. ``measured`` is that of what was measured in a `cell` of them.
    """
    if upstream is not None and pooling == "max":
        upstream, pooling = max_pool_gradient(features, upstream), ""
    return _through_relu(features, upstream, measured, cell, pooling=pooling)


def max_pool_gradient(features: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """From the gradient by maxima to that by the feature map; the first of equals has it."""
    return tf.raw_ops.MaxPoolGrad(
        orig_input=features,
        orig_output=pooled(features, "max"),
        grad=upstream,
        ksize=[1, 2, 2, 1],
        strides=[1, 2, 2, 1],
        padding="VALID",
    )


def unpooled(upstream: tf.Tensor, shape: tf.Tensor, pooling: str) -> tf.Tensor:
    """The gradient by a pooled map at all positions of its windows, which are of that shape.

    Of an average each has a quarter; of a maximum all, which is right for one of them.
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
    """All that flows back to a map behind ReLU, where it is let through."""
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
    """The same by their bits: of bfloat16 XLA would make float32 and back, which takes longer."""
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
    """A pooled map (1 × h × w × channels) over ``shape``: each number four times.

    Odd last rows and columns, which are in no window, are zero.
    """
    channels = pooled.shape[-1]
    height, width = tf.unstack(tf.shape(pooled)[1:3])
    quarters = tf.reshape(pooled, [height, 1, width, 1, channels])
    windows = tf.broadcast_to(quarters, [height, 2, width, 2, channels])
    windows = tf.reshape(windows, [1, 2 * height, 2 * width, channels])
    missing = shape - tf.shape(windows)
    return tf.pad(windows, tf.stack([tf.zeros_like(missing), missing], 1))
