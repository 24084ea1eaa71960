"""Layers with gradients of our own, where those of TensorFlow take longer on a processor."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

WINDOW = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}
"""Of all poolings: two by two positions."""

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


@tf.custom_gradient  # type: ignore[untyped-decorator]
def relu_and_average_pool(x: tf.Tensor) -> tuple[tf.Tensor, _Way]:
    """Average pooling of ReLU, whose gradient is a quarter for each of four positions.

    Together with ReLU's: TensorFlow 2.21 crashed where the bare gradient of the pooling was summed
    with another, as before a layer that is compared. Such layers take TensorFlow's own.
    """
    positive = tf.nn.relu(x)

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        whole = spread(0.25 * upstream, tf.shape(positive))
        return tf.raw_ops.ReluGrad(gradients=whole, features=positive)

    return tf.raw_ops.AvgPool(value=positive, **WINDOW), gradient


@tf.custom_gradient  # type: ignore[untyped-decorator]
def relu_and_max_pool(x: tf.Tensor) -> tuple[tf.Tensor, _Way]:
    """Max pooling of ReLU, whose gradient is masked while it is small.

    Where the maximum is positive so is what it was taken from, hence the mask of ReLU may as well
    be that of the pooled map, a quarter of the size.
    """
    positive = tf.nn.relu(x)
    pooled = tf.raw_ops.MaxPool(input=positive, **WINDOW)

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        masked = tf.raw_ops.ReluGrad(gradients=upstream, features=pooled)
        return tf.raw_ops.MaxPoolGrad(
            orig_input=positive, orig_output=pooled, grad=masked, **WINDOW
        )

    return pooled, gradient


def spread(pooled: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
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
