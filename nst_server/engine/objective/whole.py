"""The objective: loss = w₁ · content + w₂ · style + w₃ · total variation, and its gradient.

Gatys et al., "A Neural Algorithm of Artistic Style", 2015, with total variation as in the
notebook. The content loss is measured by the stages of the network, the style loss from the
moments of all of them, total variation from the picture itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import tensorflow as tf

from nst_server.engine.canvas.picture import WeightedStyle
from nst_server.engine.canvas.strips import cut
from nst_server.engine.losses import total_variation as variation
from nst_server.engine.losses.content import ContentLoss, ContentTargets
from nst_server.engine.losses.style import RegionMoments, StyleLoss, StyleTargets, concatenated
from nst_server.engine.losses.total_variation import total_variation
from nst_server.engine.losses.wasserstein import with_fixed_rank
from nst_server.engine.network.cells import pyramid_of, whole
from nst_server.engine.network.extent import Extent, in_corner
from nst_server.engine.network.gradients import pooled
from nst_server.engine.network.traced import Traced
from nst_server.engine.network.vgg import Network, shrinkage
from nst_server.engine.objective.stage import Layers, Stage, StageOutput, stages_of
from nst_server.values.settings import StyleLossName

TERMS = (ContentLoss.name, StyleLoss.name, variation.NAME)
"""Names of the terms, in the order of their weights."""

T = TypeVar("T")


class Targets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """The content and the styles that a picture is compared with."""

    content: tuple[ContentTargets, ...]
    """Targets of each stage."""
    style: tuple[StyleTargets, ...]
    """Targets of each region."""


@dataclass(frozen=True)
class Distance:
    """The distances in the losses.

    ``relative=False`` is the notebook's: mean((F−P)²) and mean((G−A)²). ``relative=True`` divides
    each by what it is compared with, mean((F−P)²)/var(P) and Σ(G−A)²/ΣA², so that the same weights
    suit every layer, network and style. The Wasserstein distance of styles is relative in itself.
    """

    relative: bool
    style_loss: StyleLossName


class LevelPicture(NamedTuple):
    """A picture at the size of a level, with its importance."""

    picture: tf.Tensor
    importance: tf.Tensor | None


class Objective:
    """Loss and gradient of a picture for one network, one choice of layers and one distance.

    The network may see a picture in several levels of a Gaussian pyramid, each half as large as the
    one before, up to other layers in each. A picture may have several regions, each with its own
    styles. An ``importance`` is the weight of each pixel: 1 × h × w × (1 + regions), for the
    content first and then for the style of each region. Whole pictures go through `gradient`;
    `TiledObjective` goes through the same stages in tiles.
    """

    def __init__(
        self, network: Network, levels: Sequence[Layers], distance: Distance, regions: int = 1
    ) -> None:
        """``levels`` are the layers that are compared in each, from the picture's own size on."""
        self.regions = regions
        self.levels = len(levels)
        """Number of levels."""
        self.stages = tuple(
            stage
            for level, layers in enumerate(levels)
            for stage in stages_of(
                network.up_to(layers.names),
                layers,
                regions,
                relative=distance.relative,
                level=level,
            )
        )
        style_layers = [layer for stage in self.stages for layer in stage.layers.style]
        self.style_loss = StyleLoss(tuple(style_layers), distance.relative, distance.style_loss)
        moments = tuple(stage.moments_spec for stage in self.stages)
        styles = self.style_loss.targets_spec(concatenated(moments))
        content = tuple(stage.content_spec for stage in self.stages)
        self.targets_spec = Targets.Spec(content=content, style=styles)
        """Type of `targets`."""
        picture = tf.TensorSpec([1, None, None, 3])
        importance = tf.TensorSpec([1, None, None, 1 + regions])
        weights = tf.TensorSpec([len(TERMS)])

        self.style_gradients = tf.function(
            self.style_loss.gradients,
            input_signature=[moments, styles, tf.TensorSpec([])],
            autograph=False,
        )
        """`StyleLoss.gradients` of the moments of all stages."""
        self.cell_variation = tf.function(
            total_variation,
            input_signature=[picture, tf.TensorSpec([4], tf.int32), tf.TensorSpec([])],
            autograph=False,
        )
        """`total_variation` of a single cell."""
        self.whole_gradient = Traced(
            self._whole_gradient, picture, importance, self.targets_spec, weights
        )
        """`gradient`, not in strips."""

    def gradient(
        self,
        picture: tf.Tensor,
        targets: Targets,
        weights: tf.Tensor,
        importance: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Return the weighted terms of the loss, in order of `TERMS`, and its gradient in strips.

        ``picture`` is 1 × h × w × 3 in [0, 1], ``weights`` one number per term; without
        ``importance`` all pixels count alike.
        """
        terms, gradient = self.whole_gradient(picture, importance, targets, weights)
        return terms, list(cut(gradient))

    def _whole_gradient(
        self,
        picture: tf.Tensor,
        importance: tf.Tensor | None,
        targets: Targets,
        weights: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        pyramid = None if importance is None else self.pyramid(importance)
        return self.untraced_gradient(picture, pyramid, targets, weights)

    def untraced_gradient(
        self,
        picture: tf.Tensor,
        pyramid: Sequence[tf.Tensor] | None,
        targets: Targets,
        weights: tf.Tensor,
        extent: Extent | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Compute `gradient`, not in strips, as a part of a function that is being traced.

        ``pyramid`` is that of the importance. With an ``extent`` the picture lies in a bucket, and
        so do pyramid and targets, see `in_bucket`.
        """
        with tf.GradientTape() as tape:
            tape.watch(picture)
            content, moments = self._network(picture, pyramid, targets.content, extent)
            style = self.style_loss.value(moments, targets.style)
            terms = weights[:2] * tf.stack([content, style])
        # The gradient of a vector is that of its sum.
        gradient = tape.gradient(terms, picture)
        roughness, by_roughness = total_variation(picture, extent=extent)
        terms = tf.concat([terms, [weights[2] * roughness]], 0)
        return terms, gradient + weights[2] * by_roughness

    def _network(
        self,
        picture: tf.Tensor,
        pyramid: Sequence[tf.Tensor] | None,
        targets: Sequence[ContentTargets],
        extent: Extent | None,
    ) -> tuple[tf.Tensor, RegionMoments]:
        """Return content loss and moments of a whole picture."""

        def run(
            number: int, stage: Stage, x: tf.Tensor, _: None
        ) -> tuple[tuple[tf.Tensor, RegionMoments], StageOutput]:
            weights = None if pyramid is None else pyramid[stage.shrinkage :]
            inside = None if extent is None else extent.halved(stage.shrinkage)
            loss, moments, output = stage.whole(x, weights, targets[number], inside)
            return (loss, moments), output

        losses, moments = zip(*self.over_stages(self.level_pictures(picture), run), strict=True)
        return tf.add_n(losses), concatenated(moments)

    def level_pictures(
        self, picture: tf.Tensor, importance: tf.Tensor | None = None
    ) -> list[LevelPicture]:
        """Return picture and importance at the size of each level."""
        pictures = [picture]
        while len(pictures) < self.levels:
            pictures.append(pooled(pictures[-1], "average"))
        if importance is None:
            return [LevelPicture(smaller, None) for smaller in pictures]
        return [*map(LevelPicture, pictures, pyramid_of(importance, self.levels - 1))]

    def pyramid(self, importance: tf.Tensor) -> list[tf.Tensor]:
        """Return the importance of a picture at the size of each block's feature maps."""
        deepest = self.stages[-1]
        return pyramid_of(importance, deepest.shrinkage + deepest.halvings - 1)

    def in_bucket(self, targets: Targets, width: int, height: int) -> Targets:
        """Return targets in shapes that depend on nothing but a bucket's size."""
        content = [
            ContentTargets(
                features=tuple(
                    in_corner(features, height >> halvings, width >> halvings)
                    for features, halvings in zip(
                        compared.features,
                        (stage.level + shrinkage(name) for name, _ in stage.layers.content),
                        strict=True,
                    )
                ),
                scales=compared.scales,
            )
            for stage, compared in zip(self.stages, targets.content, strict=True)
        ]
        style = [
            StyleTargets(
                moments=region.moments,
                roots=tuple(map(with_fixed_rank, region.roots)),
                share=region.share,
            )
            for region in targets.style
        ]
        return Targets(content=tuple(content), style=tuple(style))

    def over_stages(
        self,
        levels: Sequence[LevelPicture],
        run: Callable[[int, Stage, tf.Tensor, tf.Tensor | None], tuple[T, StageOutput]],
    ) -> list[T]:
        """Run the stages of all levels one after the other; return the results of all.

        ``run`` gets a stage's number, the stage, its input and its importance, and returns a result
        and the stage's output, which is the input of the next stage of the same level.
        """
        results: list[T] = []
        output: StageOutput = ()
        for number, stage in enumerate(self.stages):
            picture, weight = levels[stage.level]
            if weight is not None:
                weight = pyramid_of(weight, stage.shrinkage - stage.level)[-1]
            result, output = run(number, stage, picture if stage.is_first else output[0], weight)
            results.append(result)
        return results

    def importances(self, importance: tf.Tensor | None) -> list[tf.Tensor | None]:
        """Return the importance of each stage's input, from that of the picture."""
        if importance is None:
            return [None] * len(self.stages)
        pyramid = pyramid_of(importance, self.stages[-1].shrinkage)
        return [pyramid[stage.shrinkage] for stage in self.stages]

    def targets(
        self,
        content: tf.Tensor,
        styles: Sequence[Sequence[WeightedStyle]],
        importance: tf.Tensor | None,
    ) -> Targets:
        """Return the targets of one scale; ``content`` and ``importance`` as in `gradient`.

        ``styles`` are those of each level, at the size that suits it.
        """
        features, _ = self._measured(self.level_pictures(content))
        moments = [self._measured(style)[1] for style in self.by_style(styles)]
        return Targets(
            content=tuple(
                stage.content_targets([maps], [weight])[0]
                for stage, maps, weight in zip(
                    self.stages, features, self.importances(importance), strict=True
                )
            ),
            style=self.style_targets(styles[0], moments, importance),
        )

    def by_style(self, styles: Sequence[Sequence[WeightedStyle]]) -> list[list[LevelPicture]]:
        """Return each style in all levels, with a weight that is alike for content and regions."""
        return [
            [
                LevelPicture(
                    style.picture,
                    None
                    if style.weight is None
                    else tf.repeat(style.weight, 1 + self.regions, axis=-1),
                )
                for style in levels
            ]
            for levels in zip(*styles, strict=True)
        ]

    def style_targets(
        self,
        styles: Sequence[WeightedStyle],
        moments: Sequence[RegionMoments],
        importance: tf.Tensor | None,
    ) -> tuple[StyleTargets, ...]:
        """Return for each region the target that blends its styles; regions count by their area.

        ``moments`` are those of each style, alike for all regions.
        """
        if importance is None:
            areas = tf.ones([self.regions])
        else:
            areas = tf.reduce_sum(importance, [0, 1, 2])[1:]
        shares = tf.unstack(areas / tf.maximum(tf.reduce_sum(areas), 1e-6))
        return tuple(
            self.style_loss.targets(
                [
                    (layers, style.share)
                    for style, (layers, *_) in zip(styles, moments, strict=True)
                    if style.region == region
                ],
                share,
            )
            for region, share in enumerate(shares)
        )

    def _measured(
        self, levels: Sequence[LevelPicture]
    ) -> tuple[list[tuple[tf.Tensor, ...]], RegionMoments]:
        """Return the content features for each stage, and the moments of all."""

        def run(
            _number: int, stage: Stage, x: tf.Tensor, weight: tf.Tensor | None
        ) -> tuple[tuple[tuple[tf.Tensor, ...], RegionMoments], StageOutput]:
            features, moments, output = stage.measure(x, weight, whole(x))
            return (features, moments), output

        features, moments = zip(*self.over_stages(levels, run), strict=True)
        return list(features), concatenated(moments)
