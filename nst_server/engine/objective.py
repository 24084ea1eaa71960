"""The loss of a picture, content, style and smoothness, and its gradient; traced for all sizes.

Gatys et al., "A Neural Algorithm of Artistic Style", 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from nst_server.engine.backbone import Network, filters, shrinkage
from nst_server.engine.cells import at_layer, cell_pyramid, part, pyramid_of, whole
from nst_server.engine.content import squared_distance
from nst_server.engine.smoothness import total_variation
from nst_server.engine.statistics import Moments, blend, moments, moments_spec
from nst_server.engine.strips import cut
from nst_server.engine.wasserstein import style_root, wasserstein

TERMS = ("content", "style", "smoothness")

RegionMoments = tuple[tuple[Moments, ...], ...]
"""For each region the moments of each layer."""

Slopes = tuple[tuple[tuple[tf.Tensor, tf.Tensor], ...], ...]
"""For each region and layer the derivatives of the style loss by ΣF and ΣFFᵀ."""


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
    """The style of one region: moments of each layer, and the roots of their covariances."""

    moments: tuple[Moments, ...]
    roots: tuple[tf.Tensor, ...]
    """For the Wasserstein distance alone, else empty."""
    share: tf.Tensor
    """How much the region counts beside the others; all sum to one."""


class Targets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """What a picture is compared with."""

    content: ContentTargets
    style: tuple[StyleTargets, ...]
    """One for each region."""


@dataclass(frozen=True)
class WeighedStyle:
    """A style at the size it is looked at."""

    picture: tf.Tensor
    """1 × h × w × 3 in [0, 1]."""
    weight: tf.Tensor | None
    """1 × h × w × 1: how much each pixel counts; None for all alike."""
    share: float
    """How much the style counts beside the others of its region."""
    region: int = 0
    """Where it is painted."""


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


class Traced:
    """A function of a picture, its importance and more; traced once with one and once without."""

    def __init__(
        self,
        function: Callable[..., Any],
        picture: tf.TensorSpec,
        importance: tf.TensorSpec,
        *others: Any,
    ) -> None:
        """The types are those of the arguments, which may be of any size."""
        self._plain = tf.function(
            lambda picture, *more: function(picture, None, *more),
            input_signature=[picture, *others],
        )
        self._weighed = tf.function(function, input_signature=[picture, importance, *others])

    def __call__(self, picture: tf.Tensor, importance: tf.Tensor | None, *others: Any) -> Any:
        """What the function returns."""
        if importance is None:
            return self._plain(picture, *others)
        return self._weighed(picture, importance, *others)

    @property
    def traces(self) -> int:
        """How often it was traced so far."""
        both = (self._plain, self._weighed)
        return sum(function.experimental_get_tracing_count() for function in both)


class Objective:
    """Loss and gradient of a picture for one network, one choice of layers and one distance.

    A picture may have several regions, each with a style of its own (guided statistics: Gatys et
    al., "Controlling Perceptual Factors", 2017). An ``importance`` says how much each pixel counts:
    1 × h × w × (1 + regions), for the content first and then for the style of each region.

    Whole pictures go through `gradient`; `measure`, `cell_terms`, `style_slopes` and
    `cell_gradient` are the same computation in the pieces that `TiledObjective` joins.
    """

    def __init__(
        self, network: Network, layers: Layers, distance: Distance, regions: int = 1
    ) -> None:
        self._network = network
        self.layers = layers
        self.distance = distance
        self.regions = regions
        dtype = network.dtype
        picture = tf.TensorSpec([1, None, None, 3])
        importance = tf.TensorSpec([1, None, None, 1 + regions])
        cell = tf.TensorSpec([4], tf.int32)
        terms = tf.TensorSpec([len(TERMS)])
        content = ContentTargets.Spec(
            features=tuple(
                tf.TensorSpec([1, None, None, filters(name)], dtype) for name, _ in layers.content
            ),
            scales=tuple(tf.TensorSpec([]) for _ in layers.content),
        )
        measured = tuple(moments_spec(filters(name)) for name, _ in layers.style)
        roots = tuple(tf.TensorSpec([filters(name), None]) for name, _ in layers.style)
        style = StyleTargets.Spec(
            moments=measured,
            roots=roots if distance.wasserstein else (),
            share=tf.TensorSpec([]),
        )
        styles = (style,) * regions
        targets = Targets.Spec(content=content, style=styles)
        slopes = (tuple((spec.first, spec.second) for spec in measured),) * regions

        self.measure = Traced(self._measure, picture, importance, cell)
        """Content features of a cell of a tile, and style moments of each of its regions."""
        self.style_slopes = tf.function(
            self._style_slopes, input_signature=[(measured,) * regions, styles]
        )
        """Style loss of moments, and its derivatives by their sums ΣF and ΣFFᵀ."""
        self.cell_terms = Traced(self._cell_terms, picture, importance, cell, content)
        """What a cell adds to the content loss, not yet weighed, and moments of its regions."""
        self.cell_gradient = Traced(
            self._cell_gradient,
            picture,
            importance,
            cell,
            content,
            slopes,
            terms,
            tf.TensorSpec([]),
        )
        """What a cell adds to content loss and smoothness, and the gradient by its tile.

        The last argument is how many numbers the whole picture has."""
        self.cell_smoothness = tf.function(
            total_variation, input_signature=[picture, cell, tf.TensorSpec([])]
        )
        """`total_variation` of a cell alone."""
        self._whole_gradient = Traced(self._gradient, picture, importance, targets, terms)

    def targets(
        self, content: tf.Tensor, styles: Sequence[WeighedStyle], importance: tf.Tensor | None
    ) -> Targets:
        """What to compare with, at one scale; ``content`` and ``importance`` as in `gradient`."""
        features, _ = self.measure(content, None, whole(content))
        measured = [
            self.measure(style.picture, self.alike(style.weight), whole(style.picture))[1][0]
            for style in styles
        ]
        return Targets(
            content=self.content_targets([features], [importance]),
            style=self.style_targets(styles, measured, importance),
        )

    def alike(self, weight: tf.Tensor | None) -> tf.Tensor | None:
        """The same weight (1 × h × w × 1) for the content and all regions."""
        return None if weight is None else tf.repeat(weight, 1 + self.regions, axis=-1)

    def content_targets(
        self, cells: Sequence[tuple[tf.Tensor, ...]], importances: Sequence[tf.Tensor | None]
    ) -> ContentTargets:
        """Features of the first cell, with scales that are those of all ``cells`` together."""
        scales = tuple(
            self._content_scale([cell[index] for cell in cells], importances, shrinkage(name))
            for index, (name, _) in enumerate(self.layers.content)
        )
        return ContentTargets(features=cells[0], scales=scales)

    def style_targets(
        self,
        styles: Sequence[WeighedStyle],
        measured: Sequence[tuple[Moments, ...]],
        importance: tf.Tensor | None,
    ) -> tuple[StyleTargets, ...]:
        """For each region the blend of its styles' moments; regions count by their area."""
        if importance is None:
            areas = tf.ones([self.regions])
        else:
            areas = tf.reduce_sum(importance, [0, 1, 2])[1:]
        shares = tf.unstack(areas / tf.maximum(tf.reduce_sum(areas), 1e-6))
        targets = []
        for region, share in enumerate(shares):
            own = [
                (moments, style.share)
                for style, moments in zip(styles, measured, strict=True)
                if style.region == region
            ]
            blended = tuple(
                blend([(moments[index], weight) for moments, weight in own])
                for index in range(len(self.layers.style))
            )
            roots = tuple(map(style_root, blended)) if self.distance.wasserstein else ()
            targets.append(StyleTargets(moments=blended, roots=roots, share=share))
        return tuple(targets)

    def gradient(
        self,
        picture: tf.Tensor,
        targets: Targets,
        weights: tf.Tensor,
        importance: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """The loss by terms (weighed, in the order of `TERMS`) and its gradient, in strips.

        ``picture`` is 1 × h × w × 3 in [0, 1], ``weights`` one number a term; without an
        ``importance`` all pixels count alike.
        """
        terms, gradient = self._whole_gradient(picture, importance, targets, weights)
        return terms, list(cut(gradient))

    def _measure(
        self, picture: tf.Tensor, importance: tf.Tensor | None, cell: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, ...], RegionMoments]:
        content, style = self._split(self._network(picture))
        return (
            tuple(self._content_of(content, cell)),
            self._moments(style, cell_pyramid(importance, cell), cell),
        )

    def _gradient(
        self,
        picture: tf.Tensor,
        importance: tf.Tensor | None,
        targets: Targets,
        weights: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        pyramid = None if importance is None else pyramid_of(importance)
        with tf.GradientTape() as tape:
            tape.watch(picture)
            content, style = self._split(self._network(picture))
            terms = weights[:2] * tf.stack(
                [
                    self._content_loss(content, targets.content, pyramid),
                    self._style_loss(self._moments(style, pyramid), targets.style),
                ]
            )
        # The gradient of a vector is that of its sum.
        gradient = tape.gradient(terms, picture)
        smoothness, slope = total_variation(picture)
        terms = tf.concat([terms, [weights[2] * smoothness]], 0)
        return terms, gradient + weights[2] * slope

    def _style_slopes(
        self, measured: RegionMoments, targets: tuple[StyleTargets, ...]
    ) -> tuple[tf.Tensor, Slopes]:
        sums = tuple(tuple((layer.first, layer.second) for layer in region) for region in measured)
        with tf.GradientTape() as tape:
            tape.watch(sums)
            watched = [
                [
                    Moments(first, second, layer.count)
                    for (first, second), layer in zip(own, region, strict=True)
                ]
                for own, region in zip(sums, measured, strict=True)
            ]
            loss = self._style_loss(watched, targets)
        zero = tf.UnconnectedGradients.ZERO
        return loss, tape.gradient(loss, sums, unconnected_gradients=zero)

    def _cell_terms(
        self,
        tile: tf.Tensor,
        importance: tf.Tensor | None,
        cell: tf.Tensor,
        targets: ContentTargets,
    ) -> tuple[tf.Tensor, RegionMoments]:
        pyramid = cell_pyramid(importance, cell)
        content, style = self._split(self._network(tile))
        content = self._content_of(content, cell)
        return self._content_loss(content, targets, pyramid), self._moments(style, pyramid, cell)

    def _cell_gradient(
        self,
        tile: tf.Tensor,
        importance: tf.Tensor | None,
        cell: tf.Tensor,
        targets: ContentTargets,
        slopes: Slopes,
        weights: tf.Tensor,
        numbers: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(tile)
            content_loss, measured = self._cell_terms(tile, importance, cell, targets)
            content_loss *= weights[0]
            # Its gradient is that of the style loss; its value means nothing.
            surrogate = tf.add_n(
                [
                    tf.reduce_sum(by_first * layer.first) + tf.reduce_sum(by_second * layer.second)
                    for own, region in zip(slopes, measured, strict=True)
                    for (by_first, by_second), layer in zip(own, region, strict=True)
                ]
            )
            loss = content_loss + weights[1] * surrogate
        smoothness, slope = total_variation(tile, cell, numbers)
        terms = tf.stack([content_loss, weights[2] * smoothness])
        return terms, tape.gradient(loss, tile) + weights[2] * slope

    def _split(self, maps: Sequence[tf.Tensor]) -> tuple[Sequence[tf.Tensor], Sequence[tf.Tensor]]:
        count = len(self.layers.content)
        return maps[:count], maps[count:]

    def _content_of(self, content: Sequence[tf.Tensor], cell: tf.Tensor) -> list[tf.Tensor]:
        return [
            part(features, at_layer(cell, name))
            for features, (name, _) in zip(content, self.layers.content, strict=True)
        ]

    def _moments(
        self,
        style: Sequence[tf.Tensor],
        pyramid: Sequence[tf.Tensor] | None,
        cell: tf.Tensor | None = None,
    ) -> RegionMoments:
        """For each region the moments of each layer."""

        def weight(name: str, region: int) -> tf.Tensor | None:
            if pyramid is None:
                return None
            return pyramid[shrinkage(name)][..., 1 + region : 2 + region]

        return tuple(
            tuple(
                moments(
                    features,
                    weight(name, region),
                    None if cell is None else at_layer(cell, name),
                )
                for features, (name, _) in zip(style, self.layers.style, strict=True)
            )
            for region in range(self.regions)
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
            weight = None if pyramid is None else pyramid[shrinkage(name)][..., :1]
            loss += share * scale * squared_distance(features, target, weight)
        return loss

    def _content_scale(
        self, cells: Sequence[tf.Tensor], importances: Sequence[tf.Tensor | None], shrink: int
    ) -> tf.Tensor:
        """What turns a sum of squares into a mean, and that into parts of the variance."""
        total = tf.add_n(
            [
                tf.cast(tf.size(cell[..., 0]), tf.float32)
                if weight is None
                else tf.reduce_sum(pyramid_of(weight[..., :1])[shrink])
                for cell, weight in zip(cells, importances, strict=True)
            ]
        )
        channels = tf.cast(cells[0].shape[-1], tf.float32)
        scale = 1.0 / (tf.maximum(total, 1e-6) * channels)
        if not self.distance.relative:
            return scale
        # Cell by cell: all of them in float32 would be larger than the picture.
        count = tf.add_n([tf.cast(tf.size(cell), tf.float32) for cell in cells])
        mean = tf.add_n([tf.reduce_sum(tf.cast(cell, tf.float32)) for cell in cells]) / count
        squares = [tf.reduce_sum(tf.square(tf.cast(cell, tf.float32) - mean)) for cell in cells]
        variance = tf.add_n(squares) / count
        return scale / (variance + 1e-6)

    def _style_loss(
        self, measured: Sequence[Sequence[Moments]], targets: Sequence[StyleTargets]
    ) -> tf.Tensor:
        return tf.add_n(
            [
                target.share * self.layers.style[index][1] * self._layer_loss(own, target, index)
                for region, target in zip(measured, targets, strict=True)
                for index, own in enumerate(region)
            ]
        )

    def _layer_loss(self, own: Moments, targets: StyleTargets, index: int) -> tf.Tensor:
        target = targets.moments[index]
        if self.distance.wasserstein:
            return wasserstein(own, target, targets.roots[index])
        loss = tf.reduce_mean(tf.square(own.gram - target.gram))
        if self.distance.relative:
            loss /= tf.reduce_mean(tf.square(target.gram))
        return loss
