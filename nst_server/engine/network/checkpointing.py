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
from functools import partial, reduce
from itertools import groupby
from operator import add

import tensorflow as tf

from nst_server.engine.network.compiled import compiled
from nst_server.engine.network.gradients import max_pool_gradient, pooled, relu_gradient, unpooled
from nst_server.engine.network.vgg import Convolution, block_of, shrinkage, through

Kept = tuple[tf.Tensor, ...]
"""Of each step but the first what it began with, or its feature map, or bits: `kept_specs`."""

Step = tuple[Convolution, ...]
"""Convolutions that are made once more together, or one that is not."""

Slope = Callable[[str, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
"""The gradient of what is measured in a cell of a feature map, by that part of it, and the cell."""


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
        x = pooled(features, convolution.pooling)
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
        return convolution.back(_by_sums(convolution, own, slope, gradient))
    return convolution.back(_by_bits(own, gradient, pooling=convolution.pooling))


def _back_by_making(
    step: Step, x: tf.Tensor, slope: Slope, upstream: tf.Tensor | None
) -> tf.Tensor:
    # By hand, not by `through`: so what is measured, pooling and ReLU go back in one pass.
    gone = []
    for convolution in step:
        with tf.GradientTape() as tape:
            tape.watch(x)
            sums = convolution(x)
        features = tf.nn.relu(sums)
        gone.append((convolution, features, partial(tape.gradient, sums, x)))
        x = pooled(features, convolution.pooling)
    gradient = upstream
    for convolution, features, back_through in reversed(gone):
        by_sums = _by_sums(convolution, features, slope, gradient)
        gradient = back_through(output_gradients=by_sums)
    return gradient


def _by_sums(
    convolution: Convolution, features: tf.Tensor, slope: Slope, upstream: tf.Tensor | None
) -> tf.Tensor:
    """The gradient by what the convolution gave before ReLU."""
    measured = slope(convolution.name, features) if convolution.measured else ()
    return relu_gradient(features, upstream, *measured, pooling=convolution.pooling)


def _let_through(convolution: Convolution, features: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    """Positive where a gradient goes back through pooling and ReLU, else zero."""
    if convolution.pooling != "max":
        return features
    return max_pool_gradient(features, tf.sign(given))


@compiled
def _packed(mask: tf.Tensor) -> tf.Tensor:
    """Where it is positive: of eight neighbouring channels the bits of a byte."""
    height, width = tf.unstack(tf.shape(mask)[1:3])
    eights = tf.reshape(mask > 0, [1, height, width, mask.shape[-1] // 8, 8])
    eights = tf.cast(eights, tf.uint8)
    return reduce(add, [tf.constant(1 << bit, tf.uint8) * eights[..., bit] for bit in range(8)])


@compiled
def _by_bits(bits: tf.Tensor, upstream: tf.Tensor, *, pooling: str) -> tf.Tensor:
    """The gradient that what was `_packed` lets through.

    Numbers are multiplied as integers by 0 or 1, which leaves their bits or none.
    """
    height, width = tf.unstack(tf.shape(bits)[1:3])
    integer = {2: tf.uint16, 4: tf.uint32}[upstream.dtype.size]
    places = tf.constant([*range(8)], integer)
    mask = tf.bitwise.right_shift(tf.cast(bits, integer)[..., tf.newaxis], places)
    mask = tf.bitwise.bitwise_and(mask, tf.ones([], integer))
    mask = tf.reshape(mask, [1, height, width, 8 * bits.shape[-1]])
    whole = unpooled(upstream, tf.shape(mask), pooling)
    return tf.bitcast(tf.bitcast(whole, integer) * mask, upstream.dtype)
