"""There and back through blocks of the network, with little kept between.

For tiles, of which many are on their way at once. The gradient of a convolution is one by its
picture alone, since its kernel is a constant; so what is needed of a map that is not measured is
where ReLU and pooling let it through: one bit for each number (Jain et al., "Gist: Efficient Data
Encoding for Deep Neural Network Training", 2018). Where that is much for the work that it saves,
maps are made once more from what came before (Chen et al., "Training Deep Nets with Sublinear
Memory Cost", 2016).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np
import tensorflow as tf

from nst_server.engine.backbone import Convolution, block_of, shrinkage, through
from nst_server.engine.ways_back import WINDOW, spread

Kept = tuple[tf.Tensor, ...]
"""Of each step but the first what it began with, or its feature map, or bits: `kept_specs`."""

Step = tuple[Convolution, ...]
"""Convolutions that are made once more together, or one that is not."""

Slope = Callable[[str, tf.Tensor], tf.Tensor]
"""The gradient by a measured feature map of what is measured there."""


def steps(convolutions: Sequence[Convolution]) -> list[Step]:
    """What is made once more, from what it began with, and what is not, in order."""
    found: list[Step] = []
    for remade, run in groupby(convolutions, key=_is_remade):
        step = tuple(run)
        found.extend([step] if remade else [(one,) for one in step])
    return found


def kept_specs(convolutions: Sequence[Convolution]) -> tuple[tf.TensorSpec, ...]:
    """The types of what is kept."""
    return tuple(_kept_spec(step[0]) for step in steps(convolutions)[1:])


def kept_bytes(convolutions: Sequence[Convolution]) -> float:
    """What is kept of one pixel of the picture."""
    names = [step[0].name for step in steps(convolutions)[1:]]
    return sum(
        spec.shape[-1] * spec.dtype.size / 4 ** shrinkage(name)
        for name, spec in zip(names, kept_specs(convolutions), strict=True)
    )


def there(
    convolutions: Sequence[Convolution], x: tf.Tensor
) -> tuple[dict[str, tf.Tensor], tf.Tensor, Kept]:
    """As `through`, and what is kept but ``x``."""
    maps: dict[str, tf.Tensor] = {}
    kept = []
    for step in steps(convolutions):
        if _is_remade(step[0]):
            kept.append(x)
            own, x = through(step, x)
            maps |= own
            continue
        (convolution,) = step
        features = tf.nn.relu(convolution(x))
        x = convolution.pooled(features)
        if convolution.measured:
            maps[convolution.name] = features
            kept.append(features)
        else:
            kept.append(_packed(_let_through(convolution, features, x)))
    return maps, x, tuple(kept[1:])


def back(
    convolutions: Sequence[Convolution],
    x: tf.Tensor,
    kept: Kept,
    slope: Slope,
    onward: tf.Tensor | None,
) -> tf.Tensor:
    """The gradient by ``x`` of `there`.

    ``onward`` is the gradient by what went on, None if nothing did.
    """
    gradient = onward
    for step, own in zip(reversed(steps(convolutions)), reversed((x, *kept)), strict=True):
        # Not before its turn: TensorFlow would make all maps again at once.
        with tf.control_dependencies([] if gradient is None else [gradient]):
            due = tf.identity(own)
        gradient = _back_through(step, due, slope, gradient)
    return gradient


def _is_remade(convolution: Convolution) -> bool:
    """Whether its feature map has more channels than what it was made of, or is in block 1.

    That block holds as much as all others, and is a seventh of the work.
    """
    return convolution.widens or block_of(convolution.name) == 1


def _kept_spec(convolution: Convolution) -> tf.TensorSpec:
    if _is_remade(convolution):
        return convolution.begins
    if convolution.measured:
        return convolution.gives
    return tf.TensorSpec([1, None, None, convolution.gives.shape[-1] // 8], tf.uint8)


def _back_through(
    step: Step, own: tf.Tensor, slope: Slope, gradient: tf.Tensor | None
) -> tf.Tensor:
    if _is_remade(step[0]):
        return _back_by_making(step, own, slope, gradient)
    (convolution,) = step
    if convolution.measured:
        return _back_by_map(convolution, own, slope, gradient)
    return _back_by_bits(convolution, own, gradient)


def _back_by_making(
    step: Step, x: tf.Tensor, slope: Slope, upstream: tf.Tensor | None
) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(x)
        maps, given = through(step, x)
    targets = [*maps.values()]
    slopes = [slope(name, features) for name, features in maps.items()]
    if upstream is not None:
        targets, slopes = [*targets, given], [*slopes, upstream]
    return tape.gradient(targets, x, output_gradients=slopes)


def _back_by_map(
    convolution: Convolution, features: tf.Tensor, slope: Slope, upstream: tf.Tensor | None
) -> tf.Tensor:
    gradient = slope(convolution.name, features)
    if upstream is not None:
        with tf.GradientTape() as tape:
            tape.watch(features)
            pooled = convolution.pooled(features)
        gradient += tape.gradient(pooled, features, output_gradients=upstream)
    return convolution.back(tf.raw_ops.ReluGrad(gradients=gradient, features=features))


def _back_by_bits(convolution: Convolution, bits: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    mask = _unpacked(bits, upstream.dtype)
    if convolution.pooling:
        share = 0.25 if convolution.pooling == "average" else 1.0
        upstream = spread(share * upstream, tf.shape(mask))
    return convolution.back(upstream * mask)


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
