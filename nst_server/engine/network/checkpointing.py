"""Gradient checkpointing: forward and backward through convolutions, keeping little in between.

It is for tiles, many of which wait between forward and backward at once. Kernels are constants, so
the backward pass of a convolution needs no feature map. If a map is not measured, it is enough to
know which numbers ReLU and pooling let through, one bit each (Jain et al., "Gist: Efficient Data
Encoding for Deep Neural Network Training", 2018). If even that is much for the work it saves, maps
are recomputed from an earlier one (Chen et al., "Training Deep Nets with Sublinear Memory Cost",
2016).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import groupby
from operator import add

import tensorflow as tf

from nst_server.engine.network.compiled import compiled
from nst_server.engine.network.gradients import max_pool_gradient, pooled, relu_gradient, unpooled
from nst_server.engine.network.vgg import Convolution, block_of, feature_maps, shrinkage

Checkpoints = tuple[tf.Tensor, ...]
"""One per segment but the first: its input, its feature map or a bit mask, by kind of segment."""

Segment = tuple[Convolution, ...]
"""Convolutions that are recomputed together, or a single one that is not recomputed."""

MeasuredGradient = Callable[[str, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
"""Takes a layer's name and feature map; returns the gradient of the loss by the part of the map in
the measured cell, and that cell."""


def segments(convolutions: Sequence[Convolution]) -> list[Segment]:
    """The convolutions in segments, in order."""
    result: list[Segment] = []
    for recomputed, run in groupby(convolutions, key=_is_recomputed):
        segment = tuple(run)
        result.extend([segment] if recomputed else [(convolution,) for convolution in segment])
    return result


def checkpoint_specs(convolutions: Sequence[Convolution]) -> tuple[tf.TensorSpec, ...]:
    """Types of the checkpoints."""
    return tuple(_checkpoint_spec(segment[0]) for segment in segments(convolutions)[1:])


def checkpoint_bytes(convolutions: Sequence[Convolution]) -> float:
    """Bytes of checkpoints for each pixel of the picture."""
    names = [segment[0].name for segment in segments(convolutions)[1:]]
    return sum(
        spec.shape[-1] * spec.dtype.size / 4 ** shrinkage(name)
        for name, spec in zip(names, checkpoint_specs(convolutions), strict=True)
    )


def forward(
    convolutions: Sequence[Convolution], x: tf.Tensor
) -> tuple[dict[str, tf.Tensor], tf.Tensor, Checkpoints]:
    """Like `feature_maps`, but return also the checkpoints that `backward` needs besides ``x``."""
    maps: dict[str, tf.Tensor] = {}
    checkpoints = []
    for segment in segments(convolutions):
        if _is_recomputed(segment[0]):
            checkpoints.append(x)
            measured, x = feature_maps(segment, x)
            maps |= measured
            continue
        (convolution,) = segment
        features = tf.nn.relu(convolution(x))
        x = pooled(features, convolution.pooling)
        if convolution.measured:
            maps[convolution.name] = features
            checkpoints.append(features)
        else:
            checkpoints.append(_pack_mask(_passing(convolution, features, x)))
    return maps, x, tuple(checkpoints[1:])


def backward(
    convolutions: Sequence[Convolution],
    x: tf.Tensor,
    checkpoints: Checkpoints,
    measured_gradient: MeasuredGradient,
    output_gradient: tf.Tensor | None,
) -> tf.Tensor:
    """Return the gradient of the loss by ``x``, the input of `forward`.

    ``output_gradient`` is the gradient by the output of `forward`; None if nothing uses it.
    """
    gradient = output_gradient
    for segment, checkpoint in zip(
        reversed(segments(convolutions)), reversed((x, *checkpoints)), strict=True
    ):
        # One after the other: TensorFlow would otherwise recompute all maps at once.
        with tf.control_dependencies([] if gradient is None else [gradient]):
            delayed = tf.identity(checkpoint)
        gradient = _segment_backward(segment, delayed, measured_gradient, gradient)
    return gradient


def _is_recomputed(convolution: Convolution) -> bool:
    """True if the feature map has more channels than its input, or is in block 1.

    Block 1 has as many numbers as all others together, and a seventh of the work.
    """
    return convolution.widens or block_of(convolution.name) == 1


def _checkpoint_spec(convolution: Convolution) -> tf.TensorSpec:
    if _is_recomputed(convolution):
        return convolution.input_spec
    if convolution.measured:
        return convolution.output_spec
    return tf.TensorSpec([1, None, None, convolution.output_spec.shape[-1] // 8], tf.uint8)


def _segment_backward(
    segment: Segment,
    checkpoint: tf.Tensor,
    measured_gradient: MeasuredGradient,
    gradient: tf.Tensor | None,
) -> tf.Tensor:
    if _is_recomputed(segment[0]):
        return _recompute_backward(segment, checkpoint, measured_gradient, gradient)
    (convolution,) = segment
    if convolution.measured:
        return convolution.backward(
            _gradient_before_relu(convolution, checkpoint, measured_gradient, gradient)
        )
    return convolution.backward(_apply_mask(checkpoint, gradient, pooling=convolution.pooling))


def _recompute_backward(
    segment: Segment, x: tf.Tensor, measured_gradient: MeasuredGradient, upstream: tf.Tensor | None
) -> tf.Tensor:
    # Without `feature_maps`, so that measured gradient, pooling and ReLU are one pass backward.
    layers = []
    for convolution in segment:
        with tf.GradientTape() as tape:
            tape.watch(x)
            sums = convolution(x)
        features = tf.nn.relu(sums)
        layers.append((convolution, features, partial(tape.gradient, sums, x)))
        x = pooled(features, convolution.pooling)
    gradient = upstream
    for convolution, features, convolution_backward in reversed(layers):
        by_sums = _gradient_before_relu(convolution, features, measured_gradient, gradient)
        gradient = convolution_backward(output_gradients=by_sums)
    return gradient


def _gradient_before_relu(
    convolution: Convolution,
    features: tf.Tensor,
    measured_gradient: MeasuredGradient,
    upstream: tf.Tensor | None,
) -> tf.Tensor:
    """Gradient by the output of the convolution before ReLU."""
    measured = measured_gradient(convolution.name, features) if convolution.measured else ()
    return relu_gradient(features, upstream, *measured, pooling=convolution.pooling)


def _passing(convolution: Convolution, features: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    """Positive where pooling and ReLU let a gradient pass, else zero."""
    if convolution.pooling != "max":
        return features
    return max_pool_gradient(features, tf.sign(output))


@compiled
def _pack_mask(mask: tf.Tensor) -> tf.Tensor:
    """Pack one bit for each positive number, eight neighboring channels in a byte."""
    height, width = tf.unstack(tf.shape(mask)[1:3])
    eights = tf.reshape(mask > 0, [1, height, width, mask.shape[-1] // 8, 8])
    eights = tf.cast(eights, tf.uint8)
    return reduce(add, [tf.constant(1 << bit, tf.uint8) * eights[..., bit] for bit in range(8)])


@compiled
def _apply_mask(bits: tf.Tensor, upstream: tf.Tensor, *, pooling: str) -> tf.Tensor:
    """``upstream``, at the size before pooling, where the bits of `_pack_mask` are set, else zero.

    Numbers are multiplied as integers by 0 or 1, which keeps or clears all their bits.
    """
    height, width = tf.unstack(tf.shape(bits)[1:3])
    integer = {2: tf.uint16, 4: tf.uint32}[upstream.dtype.size]
    places = tf.constant([*range(8)], integer)
    mask = tf.bitwise.right_shift(tf.cast(bits, integer)[..., tf.newaxis], places)
    mask = tf.bitwise.bitwise_and(mask, tf.ones([], integer))
    mask = tf.reshape(mask, [1, height, width, 8 * bits.shape[-1]])
    whole = unpooled(upstream, tf.shape(mask), pooling)
    return tf.bitcast(tf.bitcast(whole, integer) * mask, upstream.dtype)
