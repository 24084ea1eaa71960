"""Style loss: distance of the moments of feature maps from those of the style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

import tensorflow as tf

from nst_server.engine.losses.moments import Moments, blend
from nst_server.engine.losses.wasserstein import style_root, wasserstein
from nst_server.values.settings import StyleLossName

RegionMoments = tuple[tuple[Moments, ...], ...]
"""Moments of each layer, for each region."""

StyleGradients = tuple[tuple[tuple[tf.Tensor, tf.Tensor], ...], ...]
"""Gradients of a loss by ΣF and ΣFFᵀ, for each region and layer."""


class StyleTargets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """The style of one region: moments of each layer, and the roots of their covariances."""

    moments: tuple[Moments, ...]
    roots: tuple[tf.Tensor, ...]
    """Empty unless the distance is the Wasserstein distance."""
    share: tf.Tensor
    """Weight of the region relative to the others; all sum to one."""


@dataclass(frozen=True)
class StyleLoss:
    """Σ over regions and layers: share · distance of the painting's moments from the style's.

    The distance is the Wasserstein distance, or mean (G−A)² of Gram matrices (Gatys et al., "A
    Neural Algorithm of Artistic Style", 2015, equation 4), divided by mean A² if ``relative``.
    Each region has its own styles (guided statistics: Gatys et al., "Controlling Perceptual
    Factors", 2017, section 4).
    """

    name: ClassVar[str] = "style"
    layers: tuple[tuple[str, float], ...]
    """Names with shares of the loss."""
    relative: bool
    distance: StyleLossName

    def targets_spec(self, regions: RegionMoments) -> tuple[tf.TypeSpec, ...]:
        """Types of the targets of all regions; ``regions`` are the types of their moments."""
        channels = [spec.first.shape[0] for spec in regions[0]]
        roots = tuple(tf.TensorSpec([count, None]) for count in channels)
        return tuple(
            StyleTargets.Spec(
                moments=moments,
                roots=roots if self.distance == "wasserstein" else (),
                share=tf.TensorSpec([]),
            )
            for moments in regions
        )

    def targets(
        self, styles: Sequence[tuple[tuple[Moments, ...], float]], share: tf.Tensor
    ) -> StyleTargets:
        """The target of one region: the blend of its styles' moments, each with its weight."""
        blended = tuple(
            blend([(moments[index], weight) for moments, weight in styles])
            for index in range(len(self.layers))
        )
        roots = tuple(map(style_root, blended)) if self.distance == "wasserstein" else ()
        return StyleTargets(moments=blended, roots=roots, share=share)

    def value(self, regions: RegionMoments, targets: Sequence[StyleTargets]) -> tf.Tensor:
        """The loss of a painting with the moments ``regions``."""
        return tf.add_n(
            [
                target.share * share * self._distance(moments, target, index)
                for layers, target in zip(regions, targets, strict=True)
                for index, (moments, (_, share)) in enumerate(zip(layers, self.layers, strict=True))
            ]
        )

    def gradients(
        self,
        stages: tuple[RegionMoments, ...],
        targets: tuple[StyleTargets, ...],
        weight: tf.Tensor,
    ) -> tuple[tf.Tensor, tuple[StyleGradients, ...]]:
        """The weighted loss, and for each stage its gradients by the sums ΣF and ΣFFᵀ."""
        sums = tuple(map(sums_of, stages))
        with tf.GradientTape() as tape:
            tape.watch(sums)
            loss = weight * self.value(concatenated(stages), targets)
        zero = tf.UnconnectedGradients.ZERO
        return loss, tape.gradient(loss, sums, unconnected_gradients=zero)

    def _distance(self, moments: Moments, targets: StyleTargets, index: int) -> tf.Tensor:
        style = targets.moments[index]
        if self.distance == "wasserstein":
            return wasserstein(moments, style, targets.roots[index])
        loss = tf.reduce_mean(tf.square(moments.gram - style.gram))
        if self.relative:
            loss /= tf.reduce_mean(tf.square(style.gram))
        return loss


def sums_of(regions: RegionMoments) -> StyleGradients:
    """ΣF and ΣFFᵀ of moments, by which a loss is differentiated."""
    return tuple(tuple((layer.first, layer.second) for layer in layers) for layers in regions)


def concatenated(stages: Sequence[RegionMoments]) -> RegionMoments:
    """Moments of several stages, in order, as those of one network."""
    return tuple(tuple(chain(*layers)) for layers in zip(*stages, strict=True))
