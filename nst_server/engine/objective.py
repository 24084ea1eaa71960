"""The loss of a picture, content, style and smoothness, and its gradient; traced for all sizes.

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


class ContentTargets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """Feature maps of the content, and what their squared differences are multiplied by."""

    features: tuple[tf.Tensor, ...]
    scales: tuple[tf.Tensor, ...]


class StyleTargets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """Moments of the style, and the roots of their covariances (for Wasserstein alone)."""

    moments: tuple[Moments, ...]
    roots: tuple[tf.Tensor, ...]


class Targets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """What a picture is compared with."""

    content: ContentTargets
    style: StyleTargets


@dataclass(frozen=True)
class WeighedStyle:
    """A style at the size it is looked at."""

    picture: tf.Tensor
    """1 × h × w × 3 in [0, 1]."""
    weight: tf.Tensor
    """1 × h × w × 1: how much each pixel counts."""
    share: float
    """How much the style counts beside the others."""


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
    """Loss and gradient of a picture for one network, one choice of layers and one distance.

    Whole pictures go through `gradient`; `measure`, `style_slopes` and `cell_gradient` are the
    same computation in the pieces that `TiledObjective` joins.
    """

    def __init__(self, model: keras.Model, layers: Layers, distance: Distance) -> None:
        self._model = model
        self.layers = layers
        self.distance = distance
        dtype = model.outputs[0].dtype
        picture = tf.TensorSpec([1, None, None, 3])
        weight = tf.TensorSpec([1, None, None, 1])
        cell = tf.TensorSpec([4], tf.int32)
        terms = tf.TensorSpec([len(TERMS)])
        content = tuple(
            tf.TensorSpec([1, None, None, filters(name)], dtype) for name, _ in layers.content
        )
        scalars = tuple(tf.TensorSpec([]) for _ in layers.content)
        style = tuple(moments_spec(filters(name)) for name, _ in layers.style)
        roots = tuple(tf.TensorSpec([filters(name), None]) for name, _ in layers.style)
        style_targets = StyleTargets.Spec(
            moments=style, roots=roots if distance.wasserstein else ()
        )
        targets = Targets.Spec(
            content=ContentTargets.Spec(features=content, scales=scalars), style=style_targets
        )
        slopes = tuple((spec.first, spec.second) for spec in style)

        self.measure = tf.function(self._measure, input_signature=[picture, weight, cell])
        """Content features and style moments of a cell of a tile, without a gradient."""
        self.style_slopes = tf.function(self._style_slopes, input_signature=[style, style_targets])
        """Style loss of moments, and its derivatives by their sums ΣF and ΣFFᵀ."""
        self.cell_gradient = tf.function(
            self._cell_gradient,
            input_signature=[picture, weight, cell, targets.content, slopes, terms],
        )
        """Content loss of a cell, and the gradient of its share of both losses by its tile."""
        self.smoothness = tf.function(_smoothness_gradient, input_signature=[picture])
        """Smoothness of a picture and its gradient."""
        self._plain = tf.function(
            lambda x, targets, weights: self._gradient(x, None, targets, weights),
            input_signature=[picture, targets, terms],
        )
        self._weighed = tf.function(
            self._gradient, input_signature=[picture, weight, targets, terms]
        )

    def targets(
        self, content: tf.Tensor, styles: Sequence[WeighedStyle], importance: tf.Tensor | None
    ) -> Targets:
        """What to compare with, at one scale; ``content`` and ``importance`` as in `gradient`."""
        ones = tf.ones_like(content[..., :1])
        features, _ = self.measure(content, ones, whole(content))
        positions = ones if importance is None else importance
        return Targets(
            content=self.content_targets([features], [positions]),
            style=self.style_targets(
                [
                    (
                        self.measure(style.picture, style.weight, whole(style.picture))[1],
                        style.share,
                    )
                    for style in styles
                ]
            ),
        )

    def content_targets(
        self, cells: Sequence[tuple[tf.Tensor, ...]], importances: Sequence[tf.Tensor]
    ) -> ContentTargets:
        """Features of the first cell, with scales that are those of all ``cells`` together."""
        scales = tuple(
            self._content_scale([cell[index] for cell in cells], importances, shrinkage(name))
            for index, (name, _) in enumerate(self.layers.content)
        )
        return ContentTargets(features=cells[0], scales=scales)

    def style_targets(self, measured: Sequence[tuple[tuple[Moments, ...], float]]) -> StyleTargets:
        """The blend of several styles' moments, each with its share."""
        blended = tuple(
            blend([(layers[index], share) for layers, share in measured])
            for index in range(len(self.layers.style))
        )
        roots = tuple(map(style_root, blended)) if self.distance.wasserstein else ()
        return StyleTargets(moments=blended, roots=roots)

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

    def _measure(
        self, picture: tf.Tensor, weight: tf.Tensor, cell: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, ...], tuple[Moments, ...]]:
        content, style = self._split(_crop(self._model(picture), self.layers.names, cell))
        return tuple(content), self._moments(style, _cell_pyramid(weight, cell))

    def _gradient(
        self,
        picture: tf.Tensor,
        importance: tf.Tensor | None,
        targets: Targets,
        weights: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        pyramid = None if importance is None else _pyramid(importance)
        with tf.GradientTape() as tape:
            tape.watch(picture)
            content, style = self._split(self._model(picture))
            terms = weights * tf.stack(
                [
                    self._content_loss(content, targets.content, pyramid),
                    self._style_loss(self._moments(style, pyramid), targets.style),
                    smoothness_loss(picture),
                ]
            )
        # The gradient of a vector is that of its sum.
        return terms, tape.gradient(terms, picture)

    def _style_slopes(
        self, measured: tuple[Moments, ...], targets: StyleTargets
    ) -> tuple[tf.Tensor, tuple[tuple[tf.Tensor, tf.Tensor], ...]]:
        sums = [(layer.first, layer.second) for layer in measured]
        with tf.GradientTape() as tape:
            tape.watch(sums)
            watched = [
                Moments(first, second, layer.count)
                for (first, second), layer in zip(sums, measured, strict=True)
            ]
            loss = self._style_loss(watched, targets)
        zero = tf.UnconnectedGradients.ZERO
        return loss, tuple(map(tuple, tape.gradient(loss, sums, unconnected_gradients=zero)))

    def _cell_gradient(
        self,
        tile: tf.Tensor,
        weight: tf.Tensor,
        cell: tf.Tensor,
        targets: ContentTargets,
        slopes: tuple[tuple[tf.Tensor, tf.Tensor], ...],
        weights: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        pyramid = _cell_pyramid(weight, cell)
        with tf.GradientTape() as tape:
            tape.watch(tile)
            content, style = self._split(_crop(self._model(tile), self.layers.names, cell))
            content_loss = weights[0] * self._content_loss(content, targets, pyramid)
            # Its gradient is that of the style loss; its value means nothing.
            surrogate = tf.add_n(
                [
                    tf.reduce_sum(by_first * layer.first) + tf.reduce_sum(by_second * layer.second)
                    for (by_first, by_second), layer in zip(
                        slopes, self._moments(style, pyramid), strict=True
                    )
                ]
            )
            loss = content_loss + weights[1] * surrogate
        return content_loss, tape.gradient(loss, tile)

    def _split(self, maps: Sequence[tf.Tensor]) -> tuple[Sequence[tf.Tensor], Sequence[tf.Tensor]]:
        count = len(self.layers.content)
        return maps[:count], maps[count:]

    def _moments(
        self, style: Sequence[tf.Tensor], pyramid: Sequence[tf.Tensor] | None
    ) -> tuple[Moments, ...]:
        return tuple(
            moments(features, None if pyramid is None else pyramid[shrinkage(name)])
            for features, (name, _) in zip(style, self.layers.style, strict=True)
        )

    def _content_loss(
        self,
        content: Sequence[tf.Tensor],
        targets: ContentTargets,
        pyramid: Sequence[tf.Tensor] | None,
    ) -> tf.Tensor:
        """A sum over positions, so that cells add up."""
        loss = tf.constant(0.0)
        for features, target, scale, (name, share) in zip(
            content, targets.features, targets.scales, self.layers.content, strict=True
        ):
            difference = tf.cast(features, tf.float32) - tf.cast(target, tf.float32)
            squares = tf.square(difference)
            if pyramid is not None:
                squares *= pyramid[shrinkage(name)]
            loss += share * scale * tf.reduce_sum(squares)
        return loss

    def _content_scale(
        self, cells: Sequence[tf.Tensor], importances: Sequence[tf.Tensor], shrink: int
    ) -> tf.Tensor:
        """What turns a sum of squares into a mean, and that into parts of the variance."""
        total = tf.add_n([tf.reduce_sum(_pyramid(weight)[shrink]) for weight in importances])
        channels = tf.cast(cells[0].shape[-1], tf.float32)
        scale = 1.0 / (tf.maximum(total, 1e-6) * channels)
        if not self.distance.relative:
            return scale
        floats = [tf.cast(cell, tf.float32) for cell in cells]
        count = tf.add_n([tf.cast(tf.size(cell), tf.float32) for cell in floats])
        mean = tf.add_n([tf.reduce_sum(cell) for cell in floats]) / count
        variance = tf.add_n([tf.reduce_sum(tf.square(cell - mean)) for cell in floats]) / count
        return scale / (variance + 1e-6)

    def _style_loss(self, measured: Sequence[Moments], targets: StyleTargets) -> tf.Tensor:
        losses = []
        for index, (own, target) in enumerate(zip(measured, targets.moments, strict=True)):
            if self.distance.wasserstein:
                loss = wasserstein(own, target, targets.roots[index])
            else:
                squares = tf.square(own.gram - target.gram)
                loss = tf.reduce_mean(squares)
                if self.distance.relative:
                    loss /= tf.reduce_mean(tf.square(target.gram))
            losses.append(self.layers.style[index][1] * loss)
        return tf.add_n(losses)


def whole(picture: tf.Tensor) -> tf.Tensor:
    """The cell that is all of a picture: top, bottom, left, right."""
    return tf.stack([0, tf.shape(picture)[1], 0, tf.shape(picture)[2]])


def smoothness_loss(picture: tf.Tensor) -> tf.Tensor:
    """Total variation: mean squared difference of neighbouring pixels, both ways."""
    down = tf.square(picture[:, 1:] - picture[:, :-1])
    right = tf.square(picture[:, :, 1:] - picture[:, :, :-1])
    pixels = tf.cast(tf.size(picture), tf.float32)
    return (tf.reduce_sum(down) + tf.reduce_sum(right)) / pixels


def _smoothness_gradient(picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    with tf.GradientTape() as tape:
        tape.watch(picture)
        loss = smoothness_loss(picture)
    return loss, tape.gradient(loss, picture)


def _crop(maps: Sequence[tf.Tensor], names: Sequence[str], cell: tf.Tensor) -> list[tf.Tensor]:
    """What of each feature map belongs to ``cell``, which begins on the grid."""
    cropped = []
    for features, name in zip(maps, names, strict=True):
        top, bottom, left, right = tf.unstack(cell // 2 ** shrinkage(name))
        cropped.append(features[:, top:bottom, left:right])
    return cropped


def _cell_pyramid(weight: tf.Tensor, cell: tf.Tensor) -> list[tf.Tensor]:
    """The pyramid of a tile's weights, cut to its cell."""
    names = [f"block{block}" for block in range(1, 6)]
    return _crop(_pyramid(weight), names, cell)


def _pyramid(weight: tf.Tensor) -> list[tf.Tensor]:
    """``weight`` averaged down to the size of the feature maps of each block."""
    levels = [weight]
    for _ in range(4):
        levels.append(tf.nn.avg_pool2d(levels[-1], 2, 2, "VALID"))
    return levels
