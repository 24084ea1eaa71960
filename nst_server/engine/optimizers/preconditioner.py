"""The metric in which pictures are moved: large before fine, light before color."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from nst_server.engine.canvas.picture import extended
from nst_server.engine.network.compiled import compiled, is_compiled_whole
from nst_server.engine.network.extent import Extent

SPACINGS = (1, 2)
"""Pixels between the taps of each blur; with coarser ones, colors of large areas move as easily
as strokes, and faces turn blue."""


class Metric(NamedTuple):
    """Ease of moving large structures relative to fine ones, and color relative to light.

    Numbers or tensors, so that one traced function serves all metrics.
    """

    gain: float
    """Weight of each blur relative to the pixels. With less, the loss falls faster, but lines as
    fine as an engraving's come in place of strokes."""
    color: float
    """Weight of color relative to light in detail finer than the last blur. At 1 a painting takes a
    third more iterations and has more colored noise."""

    def in_tensors(self) -> Metric:
        """The same in tensors, as a traced function takes it."""
        return Metric(*map(tf.constant, self))


STROKES = Metric(gain=5.0, color=0.2)
"""Metric for the few dozen iterations of a painting."""

FEW_STEPS = Metric(gain=2.0, color=0.2)
"""Metric for the few iterations of a draft's finest scale, where clear edges cannot wait."""

NEAR_A_MINIMUM = Metric(gain=0.7, color=1.0)
"""Metric for hundreds of iterations, where only the loss counts: half as many are then enough."""

_BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / 16
"""Taps of a blur whose Fourier transform, cos⁴, is nowhere negative."""

_REACH = 2 * sum(SPACINGS)
"""Pixels over which a value spreads to each side."""

_LEAST_COMPILED = 2**20
"""Least size, in numbers, of pictures whose blurs are compiled: a third of a megapixel."""


def smooth(strips: list[tf.Tensor], metric: Metric = STROKES, *, wraps: bool = False) -> None:
    """Replace a picture, in `strips`, by S·picture: S = C(1 + g·B₁) + g·B₂B₁ with the gain g.

    B₁ and B₂ are blurs, the second over twice as many pixels; C keeps the mean of the channels and
    a part of their differences from it. S is symmetric and positive. Optimizing p, where the
    picture is S·p, moves coarse levels before fine ones, as in a Laplacian pyramid (Kolkin et al.,
    "Style Transfer by Relaxed Optimal Transport and Self-Similarity", 2019), and light before
    color, as with decorrelated channels (Olah et al., "Feature Visualization", 2017). That pyramid
    halves its levels, and blocks of four pixels showed in the result; here, à trous, all pixels are
    alike. Beyond the borders the picture is its own mirror image, or goes on at its opposite side
    if it ``wraps``.
    """
    top = strips[0][:, :_REACH]
    above = [strips[-1][:, -_REACH:]] if wraps else []
    for number, strip in enumerate(strips):
        following = [*strips[number + 1 : number + 2], *([top] if wraps else [])][:1]
        rows = [*above, strip, *(rows[:, :_REACH] for rows in following)]
        missing = 0 if above else _REACH
        around = _beyond(tf.concat(rows, 1), missing, strip.shape[1], wraps)
        above = [strip[:, -_REACH:]]
        strips[number] = _smoothed(around, metric.gain, metric.color)


def smooth_whole(
    picture: tf.Tensor, metric: Metric = STROKES, extent: Extent | None = None
) -> tf.Tensor:
    """Return S·picture of a picture in one piece, which ends where its ``extent`` does.

    See `smooth`.
    """
    if extent is not None:
        around = extent.mirrored(picture, _REACH)
    else:
        around = tf.pad(picture, ((0, 0), (_REACH, _REACH), (_REACH, _REACH), (0, 0)), "SYMMETRIC")
    if is_compiled_whole():
        smoothed = _sum_of_blurs(_blurred_by_slices, around, metric.gain, metric.color)
    else:
        smoothed = _smoothed(around, metric.gain, metric.color)
    return smoothed if extent is None else extent.cleared(smoothed)


def _beyond(rows: tf.Tensor, above: int, height: int, wraps: bool) -> tf.Tensor:
    """Extend rows by the reach at their sides and, where it is missing, above and below."""
    if wraps:
        return extended(rows, 0, _REACH)
    below = height + 2 * _REACH - rows.shape[1] - above
    return tf.pad(rows, ((0, 0), (above, below), (_REACH, _REACH), (0, 0)), "SYMMETRIC")


def _sum_of_blurs(
    blur: Callable[[tf.Tensor, int], tf.Tensor],
    around: tf.Tensor,
    gain: tf.Tensor,
    color: tf.Tensor,
) -> tf.Tensor:
    """Return S·picture from a picture with the reach around it."""
    near, far = SPACINGS
    inside, rest = slice(_REACH, -_REACH), slice(2 * far, -2 * far)
    once = blur(around, near)
    fine = around[:, inside, inside] + gain * once[:, rest, rest]
    return _with_less_color(fine, color) + gain * blur(once, far)


def _with_less_color(picture: tf.Tensor, color: tf.Tensor) -> tf.Tensor:
    """Move channels towards their mean, by a sum of slices, much faster than a reduction."""
    mean = tf.add_n(tf.split(picture, 3, axis=-1)) / 3.0
    return color * picture + (1.0 - color) * mean


def _blurred(picture: tf.Tensor, spacing: int) -> tf.Tensor:
    """Blur a picture; its borders, which lack neighbors, are cut off."""
    row = tf.constant(_BINOMIAL[:, np.newaxis, np.newaxis] * np.eye(3, dtype=np.float32))
    for kernel in (row[np.newaxis], row[:, np.newaxis]):
        picture = tf.nn.conv2d(picture, kernel, 1, "VALID", dilations=spacing)
    return picture


def _blurred_by_slices(picture: tf.Tensor, spacing: int) -> tf.Tensor:
    """Blur in the same way by sums, which a compiler fuses into one loop.

    Rows are lines of numbers, three for each pixel: loops over channels would be short and many.
    """
    _, height, width, channels = tf.unstack(tf.shape(picture))
    lines = tf.reshape(picture, [height, width * channels])
    for step in ([spacing, 0], [0, 3 * spacing]):
        size = tf.shape(lines) - 4 * tf.constant(step)
        taps = [tf.slice(lines, [tap * along for along in step], size) for tap in range(5)]
        lines = tf.add_n([share * tap for share, tap in zip(_BINOMIAL, taps, strict=True)])
    return tf.reshape(lines, [1, height - 4 * spacing, width - 4 * spacing, channels])


_smoothed = tf.function(
    compiled(
        partial(_sum_of_blurs, _blurred_by_slices),
        plain=partial(_sum_of_blurs, _blurred),
        least=_LEAST_COMPILED,
    ),
    input_signature=[tf.TensorSpec([1, None, None, 3]), tf.TensorSpec([]), tf.TensorSpec([])],
    autograph=False,
)
