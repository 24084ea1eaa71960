"""Content loss: squared differences of feature maps, position by position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf


class ContentTargets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """Feature maps of the content, one per layer, and the factors of their squared distances."""

    features: tuple[tf.Tensor, ...]
    scales: tuple[tf.Tensor, ...]


@dataclass(frozen=True)
class ContentLoss:
    """Σ over layers: share · mean (F−P)², divided by var(P) if ``relative``.

    F is a feature map of the painting, P the content's (Gatys et al., "A Neural Algorithm of
    Artistic Style", 2015, equation 1). It is a sum over positions, so the losses of cells add up.
    """

    name: ClassVar[str] = "content"
    layers: tuple[tuple[str, float], ...]
    """Names with shares of the loss."""
    relative: bool

    def targets_spec(self, maps: Sequence[tf.TensorSpec]) -> tf.TypeSpec:
        """Type of the targets; ``maps`` are the types of the layers' feature maps."""
        return ContentTargets.Spec(
            features=tuple(maps), scales=tuple(tf.TensorSpec([]) for _ in maps)
        )

    def targets(
        self,
        cells: Sequence[tuple[tf.Tensor, ...]],
        weights: Sequence[Sequence[tf.Tensor | None]],
    ) -> list[ContentTargets]:
        """Return the targets of each cell; their scales are those of all cells together.

        ``cells`` holds the feature maps of all layers for each cell, ``weights`` the weights of
        all cells for each layer.
        """
        scales = tuple(
            scale_of([cell[index] for cell in cells], weights[index], relative=self.relative)
            for index in range(len(self.layers))
        )
        return [ContentTargets(features=features, scales=scales) for features in cells]

    def value(
        self,
        maps: Mapping[str, tf.Tensor],
        targets: ContentTargets,
        weight_of: Callable[[str], tf.Tensor | None],
    ) -> tf.Tensor:
        """The loss of the layers in ``maps``; ``weight_of`` gives a layer's weight by position."""
        loss = tf.constant(0.0)
        for (name, share), target, scale in zip(
            self.layers, targets.features, targets.scales, strict=True
        ):
            if name in maps:
                loss += share * scale * squared_distance(maps[name], target, weight_of(name))
        return loss


def squared_distance(
    features: tf.Tensor, target: tf.Tensor, weight: tf.Tensor | None = None
) -> tf.Tensor:
    """Σw(F−P)², summed in float32; ``weight`` is 1 × h × w × 1, None for equal weights.

    Target and weight get no gradient. The difference has the type of the features: in float32 it
    would be twice as large and no more exact, as the features are rounded themselves.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def distance(features: tf.Tensor) -> tf.Tensor:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            factor = 2.0 * upstream if weight is None else 2.0 * upstream * weight
            return tf.cast(factor, features.dtype) * (features - target)

        difference = tf.cast(features - target, tf.float32)
        if weight is not None:
            difference *= tf.sqrt(weight)
        return 2.0 * tf.nn.l2_loss(difference), gradient

    return distance(features)


def scale_of(
    cells: Sequence[tf.Tensor], weights: Sequence[tf.Tensor | None], *, relative: bool
) -> tf.Tensor:
    """Factor from a sum of squared distances to their mean, divided by var(P) if ``relative``.

    ``cells`` are the parts that the content's feature map is cut into, with their weights.
    """
    total = tf.add_n(
        [
            tf.cast(tf.size(cell[..., 0]), tf.float32) if weight is None else tf.reduce_sum(weight)
            for cell, weight in zip(cells, weights, strict=True)
        ]
    )
    channels = tf.cast(cells[0].shape[-1], tf.float32)
    scale = 1.0 / (tf.maximum(total, 1e-6) * channels)
    if not relative:
        return scale
    # Cell by cell: all of them in float32 would be larger than the picture.
    count = tf.add_n([tf.cast(tf.size(cell), tf.float32) for cell in cells])
    mean = tf.add_n([tf.reduce_sum(tf.cast(cell, tf.float32)) for cell in cells]) / count
    squares = [tf.reduce_sum(tf.square(tf.cast(cell, tf.float32) - mean)) for cell in cells]
    return scale / (tf.add_n(squares) / count + 1e-6)
