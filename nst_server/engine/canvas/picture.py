"""Pictures as the engine holds them, and their resampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Picture:
    """sRGB-encoded RGB, float32 in [0, 1], height × width × 3, and the opacity of each pixel."""

    rgb: Array
    alpha: Array | None = None
    """Height × width in [0, 1]; None for opaque everywhere."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width, _ = self.rgb.shape
        return width, height


@dataclass(frozen=True)
class Style:
    """A style picture and its weight relative to the others."""

    picture: Picture
    weight: float = 1.0
    mask: Array | None = None
    """Region in which it is painted, height × width of the content in [0, 1]; None for the rest."""


@dataclass(frozen=True)
class WeightedStyle:
    """A style at the size at which it is measured."""

    picture: tf.Tensor
    """1 × h × w × 3 in [0, 1]."""
    weight: tf.Tensor | None
    """1 × h × w × 1: weight of each pixel; None for equal weights."""
    share: float
    """Weight of the style relative to the others of its region."""
    region: int = 0
    """Number of the region in which it is painted."""


def resize(values: npt.ArrayLike | tf.Tensor, width: int, height: int) -> tf.Tensor:
    """Resize height × width × channels, or with a leading 1, to 1 × height × width × channels.

    It shrinks with Lanczos over the whole footprint, so that nothing aliases, and enlarges with a
    cubic; the overshoot of both is clipped to [0, 1].
    """
    batch = tf.convert_to_tensor(values, tf.float32)
    if batch.shape.rank == 3:
        batch = batch[tf.newaxis]
    if batch.shape[1:3] == (height, width):
        return batch
    shrinks = height * width < batch.shape[1] * batch.shape[2]
    method = "lanczos3" if shrinks else "bicubic"
    resized = tf.image.resize(batch, (height, width), method=method, antialias=shrinks)
    return tf.clip_by_value(resized, 0.0, 1.0)


def extended(values: tf.Tensor, rows: int, columns: int) -> tf.Tensor:
    """Add ``rows`` and ``columns`` of the opposite sides around 1 × height × width × channels."""
    for axis, margin in ((1, rows), (2, columns)):
        length = values.shape[axis]
        values = tf.gather(values, tf.range(-margin, length + margin) % length, axis=axis)
    return values


def shrink_weight(weight: Array, width: int, height: int) -> tf.Tensor:
    """Resize a mask or alpha, height × width, by area to 1 × height × width × 1."""
    batch = tf.convert_to_tensor(weight, tf.float32)[tf.newaxis, ..., tf.newaxis]
    return tf.image.resize(batch, (height, width), method="area")


def fill_transparent(picture: Picture) -> Array:
    """Return RGB with transparent pixels filled smoothly from around them.

    Colors under transparent pixels are arbitrary; the network must not see their edges. Opaque
    pixels keep their values; each level of a pyramid fills the holes of the next finer one.
    """
    if picture.alpha is None or float(picture.alpha.min()) >= 1.0:
        return picture.rgb
    if float(picture.alpha.max()) <= 0.0:
        return np.full_like(picture.rgb, 0.5)
    alpha = tf.convert_to_tensor(picture.alpha)[tf.newaxis, ..., tf.newaxis]
    premultiplied = tf.convert_to_tensor(picture.rgb)[tf.newaxis] * alpha
    return _filled(premultiplied, alpha)[0].numpy()  # type: ignore[no-any-return]


def _filled(premultiplied: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    if float(tf.reduce_min(alpha)) > 0.0 or max(alpha.shape[1:3]) == 1:
        return premultiplied / tf.maximum(alpha, 1e-6)
    coarse = _filled(
        tf.nn.avg_pool2d(premultiplied, 2, 2, "SAME"), tf.nn.avg_pool2d(alpha, 2, 2, "SAME")
    )
    behind = tf.image.resize(coarse, alpha.shape[1:3], method="bilinear")
    return premultiplied + behind * (1.0 - alpha)
