"""Some blocks of the network, with what of the loss is measured there.

The network is cut once, where a feature map is much smaller than those before it. What comes
before sees little beyond a cell, so that tiles of it need narrow halos; what is kept of what comes
after is small for the work that it saves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import tensorflow as tf

from nst_server.engine.losses.content import squared_distance
from nst_server.engine.losses.moments import Moments, moments, moments_spec
from nst_server.engine.network import checkpointing
from nst_server.engine.network.cells import cell_pyramid, halved, inside, pyramid_of, with_halo
from nst_server.engine.network.traced import Traced
from nst_server.engine.network.vgg import Network, block_of, filters, shrinkage, through
from nst_server.engine.objective.tiling import receptive_halo

LAST_SHALLOW_BLOCK = 3
"""After it a position holds 256 numbers for 64 pixels; after the second it would be 128 for 16."""

RegionMoments = tuple[tuple[Moments, ...], ...]
"""For each region the moments of each layer."""

StyleSlopes = tuple[tuple[tuple[tf.Tensor, tf.Tensor], ...], ...]
"""For each region and layer the derivatives of a loss by ΣF and ΣFFᵀ."""

Onward = tuple[tf.Tensor, ...]
"""What the next stage begins with; empty after the last."""


@dataclass(frozen=True)
class Layers:
    """Which feature maps are compared, each with a share of its loss."""

    content: tuple[tuple[str, float], ...]
    style: tuple[tuple[str, float], ...]

    @property
    def names(self) -> list[str]:
        """Content layers, then style layers."""
        return [name for name, _ in (*self.content, *self.style)]

    def of(self, blocks: range) -> Layers:
        """Those in some blocks."""

        def own(layers: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
            return tuple((name, share) for name, share in layers if block_of(name) in blocks)

        return Layers(own(self.content), own(self.style))


class ContentTargets(tf.experimental.ExtensionType):  # type: ignore[misc]
    """Feature maps of the content, and what their squared differences are multiplied by."""

    features: tuple[tf.Tensor, ...]
    scales: tuple[tf.Tensor, ...]


class Slopes(NamedTuple):
    """Derivatives of a loss by what a stage gives: content loss, moments, and what goes on."""

    content: tf.Tensor
    style: StyleSlopes
    onward: Onward


class Stage:
    """From a picture, or from what the stage before gave, to losses, moments and what goes on.

    Maps are 1 × h × w × channels. An importance is 1 × h × w × (1 + regions), of the size of what
    the stage begins with; cells, and what is counted in positions, are so too.
    """

    def __init__(self, network: Network, blocks: range, layers: Layers, regions: int) -> None:
        """``layers`` are those of the whole network, which must have layers in the last block."""
        own = [one for one in network.convolutions if block_of(one.name) in blocks]
        self.convolutions = own
        self._regions = regions
        self.layers = layers.of(blocks)
        self.is_last = own[-1] is network.convolutions[-1]
        self.shrinkage = blocks.start - 1
        """Halvings between the picture and what the stage begins with."""
        self.halvings = len(blocks)
        """Between what the stage begins with and what goes on."""
        self.grid = 2 ** (self.halvings - self.is_last)
        """Cells begin at its multiples, as the windows of all poolings do."""
        self.halo = receptive_halo([one.name for one in own])
        """How far it sees beyond a cell."""

        begins = own[0].begins
        importance = tf.TensorSpec([1, None, None, 1 + regions])
        cell = tf.TensorSpec([4], tf.int32)
        onward = () if self.is_last else (own[-1].gives,)
        style = tuple(moments_spec(filters(name)) for name, _ in self.layers.style)
        slopes = Slopes(
            tf.TensorSpec([]),
            (tuple((spec.first, spec.second) for spec in style),) * regions,
            onward,
        )
        self.content_spec = ContentTargets.Spec(
            features=tuple(
                tf.TensorSpec([1, None, None, filters(name)], network.dtype)
                for name, _ in self.layers.content
            ),
            scales=tuple(tf.TensorSpec([]) for _ in self.layers.content),
        )
        self.moments_spec = (style,) * regions
        self.measure = Traced(self._measure, begins, importance, cell)
        """Content features of a tile's cell, the moments of its regions, and what goes on."""
        self.there = Traced(self._there, begins, importance, cell, self.content_spec)
        """Content loss of a tile's cell, moments, what goes on, and what is kept (`compact`)."""
        kept = checkpointing.kept_specs(own)
        self.kept_bytes = checkpointing.kept_bytes(own)
        """What is kept of one pixel of the picture between the ways there and back."""
        self.back = Traced(self._back, begins, importance, cell, self.content_spec, slopes, kept)
        """The gradient by the tile of what has those slopes."""

    def terms(
        self,
        features: tf.Tensor,
        pyramid: Sequence[tf.Tensor] | None,
        targets: ContentTargets,
    ) -> tuple[tf.Tensor, RegionMoments, Onward]:
        """Of a map in one piece: the content loss, not yet weighed, all moments, what goes on."""
        maps, rest = through(self.convolutions, features)
        loss = self._content_loss(maps, targets, pyramid)
        return loss, self._moments(maps, pyramid), () if self.is_last else (rest,)

    def weight_at(self, layer: str, importance: tf.Tensor | None) -> tf.Tensor | None:
        """How much each position of a layer counts for the content."""
        if importance is None:
            return None
        return pyramid_of(importance[..., :1], self._halvings_before(layer))[-1]

    def _measure(
        self, features: tf.Tensor, importance: tf.Tensor | None, cell: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, ...], RegionMoments, Onward]:
        maps, rest = through(self.convolutions, features)
        parts = self._inside(maps, cell)
        content = tuple(parts[name] for name, _ in self.layers.content)
        measured = self._moments(parts, self._pyramid(importance, cell))
        return content, measured, self._onward(rest, cell)

    def _there(
        self,
        tile: tf.Tensor,
        importance: tf.Tensor | None,
        cell: tf.Tensor,
        targets: ContentTargets,
    ) -> tuple[tf.Tensor, RegionMoments, Onward, checkpointing.Kept]:
        maps, rest, kept = checkpointing.there(self.convolutions, tile)
        pyramid, parts = self._pyramid(importance, cell), self._inside(maps, cell)
        loss = self._content_loss(parts, targets, pyramid)
        return loss, self._moments(parts, pyramid), self._onward(rest, cell), kept

    def _back(
        self,
        tile: tf.Tensor,
        importance: tf.Tensor | None,
        cell: tf.Tensor,
        targets: ContentTargets,
        slopes: Slopes,
        kept: checkpointing.Kept,
    ) -> tf.Tensor:
        pyramid = self._pyramid(importance, cell)
        onward = None
        if slopes.onward:
            shape = tf.shape(tile) // 2**self.halvings
            onward = with_halo(slopes.onward[0], shape, halved(cell, self.halvings))

        def slope(name: str, features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            part = inside(features, self._at_layer(cell, name))
            with tf.GradientTape() as tape:
                tape.watch(part)
                loss = self._content_loss({name: part}, targets, pyramid)
                measured = self._moments({name: part}, pyramid)
            style = [
                [
                    own
                    for (layer, _), own in zip(self.layers.style, region, strict=True)
                    if layer == name
                ]
                for region in slopes.style
            ]
            given, slopes_of_given = (loss, sums_of(measured)), (slopes.content, style)
            by_part = tape.gradient(given, part, output_gradients=slopes_of_given)
            return by_part, self._at_layer(cell, name)

        return checkpointing.back(self.convolutions, tile, kept, slope, onward)

    def _onward(self, rest: tf.Tensor, cell: tf.Tensor) -> Onward:
        return () if self.is_last else (inside(rest, halved(cell, self.halvings)),)

    def _pyramid(self, importance: tf.Tensor | None, cell: tf.Tensor) -> list[tf.Tensor] | None:
        return cell_pyramid(importance, cell, self.halvings - 1)

    def _halvings_before(self, layer: str) -> int:
        return shrinkage(layer) - self.shrinkage

    def _at_layer(self, cell: tf.Tensor, layer: str) -> tf.Tensor:
        return halved(cell, self._halvings_before(layer))

    def _inside(self, maps: dict[str, tf.Tensor], cell: tf.Tensor) -> dict[str, tf.Tensor]:
        """What of feature maps belongs to the cell of a tile."""
        return {name: inside(own, self._at_layer(cell, name)) for name, own in maps.items()}

    def _content_loss(
        self,
        maps: dict[str, tf.Tensor],
        targets: ContentTargets,
        pyramid: Sequence[tf.Tensor] | None,
    ) -> tf.Tensor:
        """Of those maps that are there; a sum over positions, so that cells add up."""
        loss = tf.constant(0.0)
        for (name, share), target, scale in zip(
            self.layers.content, targets.features, targets.scales, strict=True
        ):
            if name not in maps:
                continue
            weight = None if pyramid is None else pyramid[self._halvings_before(name)][..., :1]
            loss += share * scale * squared_distance(maps[name], target, weight)
        return loss

    def _moments(
        self, maps: dict[str, tf.Tensor], pyramid: Sequence[tf.Tensor] | None
    ) -> RegionMoments:
        """Of those maps that are there."""

        def weight(name: str, region: int) -> tf.Tensor | None:
            if pyramid is None:
                return None
            return pyramid[self._halvings_before(name)][..., 1 + region : 2 + region]

        return tuple(
            tuple(
                moments(maps[name], weight(name, region))
                for name, _ in self.layers.style
                if name in maps
            )
            for region in range(self._regions)
        )


def stages_of(network: Network, layers: Layers, regions: int) -> tuple[Stage, ...]:
    """The network in one stage or two, in order."""
    end = block_of(network.names[-1]) + 1
    cuts = [1, LAST_SHALLOW_BLOCK + 1, end] if end > LAST_SHALLOW_BLOCK + 1 else [1, end]
    return tuple(
        Stage(network, range(start, stop), layers, regions) for start, stop in pairwise(cuts)
    )


def sums_of(measured: RegionMoments) -> StyleSlopes:
    """ΣF and ΣFFᵀ of moments, what a loss is differentiated by."""
    return tuple(tuple((layer.first, layer.second) for layer in region) for region in measured)
