"""The loss of a picture, content, style and smoothness, and its gradient; traced for all sizes.

Gatys et al., "A Neural Algorithm of Artistic Style", 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import tensorflow as tf

from nst_server.engine.canvas.picture import WeighedStyle
from nst_server.engine.canvas.strips import cut
from nst_server.engine.losses.content import scale_of
from nst_server.engine.losses.moments import Moments, blend
from nst_server.engine.losses.total_variation import total_variation
from nst_server.engine.losses.wasserstein import style_root, wasserstein
from nst_server.engine.network.cells import pyramid_of, whole
from nst_server.engine.network.traced import Traced
from nst_server.engine.network.vgg import Network, filters
from nst_server.engine.objective.stage import (
    ContentTargets,
    Layers,
    Onward,
    RegionMoments,
    Stage,
    StyleSlopes,
    stages_of,
    sums_of,
)

TERMS = ("content", "style", "smoothness")


class StyleTargets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """The style of one region: moments of each layer, and the roots of their covariances."""

    moments: tuple[Moments, ...]
    roots: tuple[tf.Tensor, ...]
    """For the Wasserstein distance alone, else empty."""
    share: tf.Tensor
    """How much the region counts beside the others; all sum to one."""


class Targets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """What a picture is compared with."""

    content: tuple[ContentTargets, ...]
    """One for each stage."""
    style: tuple[StyleTargets, ...]
    """One for each region."""


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

    A picture may have several regions, each with a style of its own (guided statistics: Gatys et
    al., "Controlling Perceptual Factors", 2017). An ``importance`` says how much each pixel counts:
    1 × h × w × (1 + regions), for the content first and then for the style of each region.

    Whole pictures go through `gradient`; `TiledObjective` goes through the same stages in tiles.
    """

    def __init__(
        self, network: Network, layers: Layers, distance: Distance, regions: int = 1
    ) -> None:
        self.distance = distance
        self.regions = regions
        self.stages = stages_of(network, layers, regions)
        self._style_layers = [layer for stage in self.stages for layer in stage.layers.style]
        measured = tuple(stage.moments_spec for stage in self.stages)
        roots = tuple(tf.TensorSpec([filters(name), None]) for name, _ in self._style_layers)
        styles = tuple(
            StyleTargets.Spec(
                moments=region,
                roots=roots if distance.wasserstein else (),
                share=tf.TensorSpec([]),
            )
            for region in concatenated(measured)
        )
        picture = tf.TensorSpec([1, None, None, 3])
        importance = tf.TensorSpec([1, None, None, 1 + regions])
        content = tuple(stage.content_spec for stage in self.stages)
        targets = Targets.Spec(content=content, style=styles)
        terms = tf.TensorSpec([len(TERMS)])

        self.style_slopes = tf.function(
            self._style_slopes, input_signature=[measured, styles, terms], autograph=False
        )
        """Style loss of the moments of all stages, weighed, and its derivatives by their sums ΣF
        and ΣFFᵀ."""
        self.cell_smoothness = tf.function(
            total_variation,
            input_signature=[picture, tf.TensorSpec([4], tf.int32), tf.TensorSpec([])],
            autograph=False,
        )
        """`total_variation` of a cell alone."""
        self.whole_gradient = Traced(self._gradient, picture, importance, targets, terms)
        """`gradient`, not in strips."""

    def targets(
        self, content: tf.Tensor, styles: Sequence[WeighedStyle], importance: tf.Tensor | None
    ) -> Targets:
        """What to compare with, at one scale; ``content`` and ``importance`` as in `gradient`."""
        features, _ = self._measured(content, None)
        measured = [self._measured(style.picture, self.alike(style.weight))[1] for style in styles]
        return Targets(
            content=tuple(
                self.content_targets(stage, [own], [weight])[0]
                for stage, own, weight in zip(
                    self.stages, features, self.importances(importance), strict=True
                )
            ),
            style=self.style_targets(styles, measured, importance),
        )

    def alike(self, weight: tf.Tensor | None) -> tf.Tensor | None:
        """The same weight (1 × h × w × 1) for the content and all regions."""
        return None if weight is None else tf.repeat(weight, 1 + self.regions, axis=-1)

    def importances(self, importance: tf.Tensor | None) -> list[tf.Tensor | None]:
        """The importance of what each stage begins with, from that of the picture."""
        if importance is None:
            return [None] * len(self.stages)
        found = [importance]
        for stage in self.stages[:-1]:
            found.append(pyramid_of(found[-1], stage.halvings)[-1])
        return found

    def content_targets(
        self,
        stage: Stage,
        cells: Sequence[tuple[tf.Tensor, ...]],
        importances: Sequence[tf.Tensor | None],
    ) -> list[ContentTargets]:
        """Of a stage for each cell its features, with scales that are those of all together."""
        scales = tuple(
            scale_of(
                [cell[index] for cell in cells],
                [stage.weight_at(name, importance) for importance in importances],
                relative=self.distance.relative,
            )
            for index, (name, _) in enumerate(stage.layers.content)
        )
        return [ContentTargets(features=features, scales=scales) for features in cells]

    def style_targets(
        self,
        styles: Sequence[WeighedStyle],
        measured: Sequence[RegionMoments],
        importance: tf.Tensor | None,
    ) -> tuple[StyleTargets, ...]:
        """For each region the blend of its styles' moments; regions count by their area.

        All regions of a style's own moments are alike, see `alike`.
        """
        if importance is None:
            areas = tf.ones([self.regions])
        else:
            areas = tf.reduce_sum(importance, [0, 1, 2])[1:]
        shares = tf.unstack(areas / tf.maximum(tf.reduce_sum(areas), 1e-6))
        targets = []
        for region, share in enumerate(shares):
            own = [
                (moments, style.share)
                for style, (moments, *_) in zip(styles, measured, strict=True)
                if style.region == region
            ]
            blended = tuple(
                blend([(moments[index], weight) for moments, weight in own])
                for index in range(len(self._style_layers))
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
        terms, gradient = self.whole_gradient(picture, importance, targets, weights)
        return terms, list(cut(gradient))

    def _measured(
        self, picture: tf.Tensor, importance: tf.Tensor | None
    ) -> tuple[list[tuple[tf.Tensor, ...]], RegionMoments]:
        """Content features for each stage, and the moments of all."""
        features, measured = [], []
        onward: Onward = (picture,)
        for stage, weight in zip(self.stages, self.importances(importance), strict=True):
            (x,) = onward
            own_features, own_moments, onward = stage.measure(x, weight, whole(x))
            features.append(own_features)
            measured.append(own_moments)
        return features, concatenated(measured)

    def _gradient(
        self,
        picture: tf.Tensor,
        importance: tf.Tensor | None,
        targets: Targets,
        weights: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(picture)
            content, style = self._network_terms(picture, importance, targets)
            terms = weights[:2] * tf.stack([content, style])
        # The gradient of a vector is that of its sum.
        gradient = tape.gradient(terms, picture)
        smoothness, slope = total_variation(picture)
        terms = tf.concat([terms, [weights[2] * smoothness]], 0)
        return terms, gradient + weights[2] * slope

    def _network_terms(
        self, picture: tf.Tensor, importance: tf.Tensor | None, targets: Targets
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Content and style loss, not yet weighed."""
        losses, measured = [], []
        onward: Onward = (picture,)
        for stage, weight, target in zip(
            self.stages, self.importances(importance), targets.content, strict=True
        ):
            (x,) = onward
            pyramid = None if weight is None else pyramid_of(weight, stage.halvings - 1)
            loss, own, onward = stage.terms(x, pyramid, target)
            losses.append(loss)
            measured.append(own)
        return tf.add_n(losses), self._style_loss(concatenated(measured), targets.style)

    def _style_slopes(
        self,
        measured: tuple[RegionMoments, ...],
        targets: tuple[StyleTargets, ...],
        weights: tf.Tensor,
    ) -> tuple[tf.Tensor, tuple[StyleSlopes, ...]]:
        sums = tuple(map(sums_of, measured))
        with tf.GradientTape() as tape:
            tape.watch(sums)
            loss = weights[1] * self._style_loss(concatenated(measured), targets)
        zero = tf.UnconnectedGradients.ZERO
        return loss, tape.gradient(loss, sums, unconnected_gradients=zero)

    def _style_loss(
        self, measured: Sequence[Sequence[Moments]], targets: Sequence[StyleTargets]
    ) -> tf.Tensor:
        return tf.add_n(
            [
                target.share * self._style_layers[index][1] * self._layer_loss(own, target, index)
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


def concatenated(measured: Sequence[RegionMoments]) -> RegionMoments:
    """Moments of the stages, in order, as those of one network."""
    return tuple(tuple(chain(*regions)) for regions in zip(*measured, strict=True))
