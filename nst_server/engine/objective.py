"""The loss: content, style and smoothness of a picture, and its gradient, traced once for all sizes.

Gatys et al., "A Neural Algorithm of Artistic Style", 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from nst_server.engine.backbone import filters, shrinkage
from nst_server.engine.statistics import Moments, blend, moments, moments_spec
from nst_server.engine.wasserstein import style_root, wasserstein

TERMS = ("content", "style", "smoothness")


@dataclass(frozen=True)
class Layers:
    """Which feature maps are compared, each with a share of its loss."""

    content: tuple[tuple[str, float], ...]
    style: tuple[tuple[str, float], ...]

    @property
    def names(self) -> list[str]:
        """Content layers, then style layers."""
        return [name for name, _ in (*self.content, *self.style)]


class Targets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """What the picture is compared with: feature maps of the content, moments of the style."""

    content: tuple[tf.Tensor, ...]
    style: tuple[Moments, ...]
    roots: tuple[tf.Tensor, ...]
    """Of each style layer's covariance; for the Wasserstein distance alone."""


@dataclass(frozen=True)
class Distance:
    """How losses are measured.

    Two normalisations. ``relative=False`` is the notebook's: mean((F−P)²) and mean((G−A)²).
    ``relative=True`` divides each by what it is compared with, mean((F−P)²)/var(P) and
    Σ(G−A)²/ΣA², so that the same weights suit every layer, network and style. The Wasserstein
    distance of styles is relative in itself.
    """

    relative: bool
    wasserstein: bool


class Objective:
    """Loss and gradient of a picture for one network, one choice of layers and one distance."""

    def __init__(self, model: keras.Model, layers: Layers, distance: Distance) -> None:
        self._model = model
        self._layers = layers
        self._distance = distance
        content_specs = tuple(
            tf.TensorSpec([1, None, None, filters(name)]) for name, _ in layers.content
        )
        style_specs = tuple(moments_spec(filters(name)) for name, _ in layers.style)
        picture = tf.TensorSpec([1, None, None, 3])
        weight = tf.TensorSpec([1, None, None, 1])
        roots = tuple(tf.TensorSpec([filters(name), None]) for name, _ in layers.style)
        root_specs = roots if distance.wasserstein else ()
        targets = Targets.Spec(content=content_specs, style=style_specs, roots=root_specs)
        terms = tf.TensorSpec([len(TERMS)])
        self._features = tf.function(self._content_and_moments, input_signature=[picture, weight])
        self._plain = tf.function(
            lambda x, targets, weights: self._gradient(x, None, targets, weights),
            input_signature=[picture, targets, terms],
        )
        self._weighed = tf.function(
            self._gradient, input_signature=[picture, weight, targets, terms]
        )

    def targets(
        self,
        content: tf.Tensor,
        styles: Sequence[tuple[tf.Tensor, tf.Tensor, float]],
    ) -> Targets:
        """What to compare with, at one scale.

        ``content`` is 1 × h × w × 3 in [0, 1]; each style is a picture of any size, the weight of
        each of its pixels (1 × h × w × 1), and how much the style counts.
        """
        ones = tf.ones_like(content[..., :1])
        features, _ = self._features(content, ones)
        measured = [
            (self._features(picture, weight)[1], share) for picture, weight, share in styles
        ]
        blended = tuple(
            blend([(layers[index], share) for layers, share in measured])
            for index in range(len(self._layers.style))
        )
        roots = tuple(map(style_root, blended)) if self._distance.wasserstein else ()
        return Targets(content=features, style=blended, roots=roots)

    def gradient(
        self,
        picture: tf.Tensor,
        targets: Targets,
        weights: tf.Tensor,
        importance: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The loss by terms (weighed, in the order of `TERMS`) and its gradient.

        ``picture`` is 1 × h × w × 3 in [0, 1], ``weights`` one number a term, ``importance``
        1 × h × w × 1 says how much each pixel counts in the statistics.
        """
        if importance is None:
            return self._plain(picture, targets, weights)
        return self._weighed(picture, importance, targets, weights)

    def _content_and_moments(
        self, picture: tf.Tensor, weight: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, ...], tuple[Moments, ...]]:
        maps = self._model(picture)
        split = len(self._layers.content)
        features = tuple(tf.cast(f, tf.float32) for f in maps[:split])
        pyramid = _pyramid(weight)
        style = tuple(
            moments(f, pyramid[shrinkage(name)])
            for f, (name, _) in zip(maps[split:], self._layers.style, strict=True)
        )
        return features, style

    def _gradient(
        self,
        picture: tf.Tensor,
        importance: tf.Tensor | None,
        targets: Targets,
        weights: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        pyramid = [None] * 5 if importance is None else _pyramid(importance)
        split = len(self._layers.content)
        with tf.GradientTape() as tape:
            tape.watch(picture)
            maps = self._model(picture)
            content = tf.add_n(
                [
                    share * self._content_loss(f, target, pyramid[shrinkage(name)])
                    for f, target, (name, share) in zip(
                        maps[:split], targets.content, self._layers.content, strict=True
                    )
                ]
            )
            style = tf.add_n(
                [
                    share * self._style_loss(moments(f, pyramid[shrinkage(name)]), targets, index)
                    for index, (f, (name, share)) in enumerate(
                        zip(maps[split:], self._layers.style, strict=True)
                    )
                ]
            )
            terms = weights * tf.stack([content, style, smoothness_loss(picture)])
        # The sum of all terms: the gradient of a vector is that of its sum.
        return terms, tape.gradient(terms, picture)

    def _content_loss(
        self, features: tf.Tensor, target: tf.Tensor, weight: tf.Tensor | None
    ) -> tf.Tensor:
        squares = tf.square(tf.cast(features, tf.float32) - target)
        if weight is None:
            loss = tf.reduce_mean(squares)
        else:
            total = tf.reduce_sum(weight) * tf.cast(features.shape[-1], tf.float32)
            loss = tf.reduce_sum(weight * squares) / tf.maximum(total, 1e-6)
        return loss / (tf.math.reduce_variance(target) + 1e-6) if self._distance.relative else loss

    def _style_loss(self, measured: Moments, targets: Targets, index: int) -> tf.Tensor:
        target = targets.style[index]
        if self._distance.wasserstein:
            return wasserstein(measured, target, targets.roots[index])
        squares = tf.square(measured.gram - target.gram)
        if self._distance.relative:
            return tf.reduce_sum(squares) / tf.reduce_sum(tf.square(target.gram))
        return tf.reduce_mean(squares)


def smoothness_loss(picture: tf.Tensor) -> tf.Tensor:
    """Total variation: mean squared difference of neighbouring pixels, both ways."""
    down = tf.square(picture[:, 1:] - picture[:, :-1])
    right = tf.square(picture[:, :, 1:] - picture[:, :, :-1])
    pixels = tf.cast(tf.size(picture), tf.float32)
    return (tf.reduce_sum(down) + tf.reduce_sum(right)) / pixels


def _pyramid(weight: tf.Tensor) -> list[tf.Tensor]:
    """``weight`` averaged down to the size of the feature maps of each block."""
    levels = [weight]
    for _ in range(4):
        levels.append(tf.nn.avg_pool2d(levels[-1], 2, 2, "VALID"))
    return levels
