"""There and back through blocks of the network, with little kept between.

For tiles, of which many are on their way at once. The gradient of a convolution is one by its
picture alone, since its kernel is a constant; so what is needed of a map that is not measured is
where ReLU and pooling let it through: one bit for each number (Jain et al., "Gist: Efficient Data
Encoding for Deep Neural Network Training", 2018). A map with more channels than what it was made of
is made once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from nst_server.engine.backbone import Convolution
from nst_server.engine.ways_back import WINDOW, spread

Kept = tuple[tf.Tensor, ...]
"""For each convolution what it began with, or its feature map, or bits; see `kept_spec`."""


def kept_spec(convolution: Convolution) -> tf.TensorSpec:
    """The type of what is kept of one convolution."""
    if convolution.widens:
        return convolution.begins
    if convolution.measured:
        return convolution.gives
    return tf.TensorSpec([1, None, None, convolution.gives.shape[-1] // 8], tf.uint8)


def there(
    convolutions: Sequence[Convolution], x: tf.Tensor
) -> tuple[dict[str, tf.Tensor], tf.Tensor, Kept]:
    """As `through`, and what is kept but ``x``."""
    maps: dict[str, tf.Tensor] = {}
    kept = []
    for convolution in convolutions:
        features = tf.nn.relu(convolution(x))
        pooled = convolution.pooled(features)
        if convolution.widens:
            kept.append(x)
        elif convolution.measured:
            kept.append(features)
        else:
            kept.append(_packed(_let_through(convolution, features, pooled)))
        if convolution.measured:
            maps[convolution.name] = features
        x = pooled
    return maps, x, tuple(kept[1:])


def back(
    convolutions: Sequence[Convolution],
    x: tf.Tensor,
    kept: Kept,
    slope: Callable[[str, tf.Tensor], tf.Tensor],
    onward: tf.Tensor | None,
) -> tf.Tensor:
    """The gradient by ``x`` of `there`.

    ``slope`` gives the gradient by a measured feature map of what is measured there, ``onward`` is
    the gradient by what went on, None if nothing did.
    """
    gradient = onward
    for convolution, own in zip(reversed(convolutions), reversed((x, *kept)), strict=True):
        # Not before its turn: TensorFlow would make all maps again at once.
        with tf.control_dependencies([] if gradient is None else [gradient]):
            gradient = _back_through(convolution, own, slope, gradient)
    return gradient


def _back_through(
    convolution: Convolution,
    own: tf.Tensor,
    slope: Callable[[str, tf.Tensor], tf.Tensor],
    gradient: tf.Tensor | None,
) -> tf.Tensor:
    if not (convolution.widens or convolution.measured):
        return _back_by_bits(convolution, own, gradient)
    features = tf.nn.relu(convolution(own)) if convolution.widens else own
    gradient = _back_over(convolution.pooled, features, gradient)
    if convolution.measured:
        measured = slope(convolution.name, features)
        gradient = measured if gradient is None else gradient + measured
    masked = tf.raw_ops.ReluGrad(gradients=gradient, features=features)
    return _back_over(convolution, own, masked) if convolution.widens else convolution.back(masked)


def _back_by_bits(convolution: Convolution, bits: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    mask = _unpacked(bits, upstream.dtype)
    if convolution.pooling:
        share = 0.25 if convolution.pooling == "average" else 1.0
        upstream = spread(share * upstream, tf.shape(mask))
    return convolution.back(upstream * mask)


def _back_over(
    function: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor, upstream: tf.Tensor | None
) -> tf.Tensor | None:
    if upstream is None:
        return None
    with tf.GradientTape() as tape:
        tape.watch(x)
        given = function(x)
    return tape.gradient(given, x, output_gradients=upstream)


def _let_through(convolution: Convolution, features: tf.Tensor, pooled: tf.Tensor) -> tf.Tensor:
    """One where a gradient goes back through pooling and ReLU, else zero."""
    if convolution.pooling != "max":
        return tf.sign(features)
    return tf.raw_ops.MaxPoolGrad(
        orig_input=features, orig_output=pooled, grad=tf.sign(pooled), **WINDOW
    )


def _packed(mask: tf.Tensor) -> tf.Tensor:
    """Of zeros and ones (1 × h × w × channels) eight neighbouring channels as the bits of a byte.

    As a convolution, as fast as the mask is read; sums up to 255 are exact in bfloat16.
    """
    powers = np.kron(np.eye(mask.shape[-1] // 8), 2.0 ** np.arange(8)[:, np.newaxis])
    kernel = tf.constant(powers[np.newaxis, np.newaxis], mask.dtype)
    return tf.cast(tf.nn.conv2d(mask, kernel, 1, "VALID"), tf.uint8)


def _unpacked(bits: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """The zeros and ones that were `_packed`."""
    table = np.arange(256)[:, np.newaxis] >> np.arange(8) & 1
    mask = tf.gather(tf.constant(table, dtype), tf.cast(bits, tf.int32))
    height, width = tf.unstack(tf.shape(bits)[1:3])
    return tf.reshape(mask, [1, height, width, 8 * bits.shape[-1]])
