"""A stage: some blocks of the network, with the content loss and the moments of their layers.

The network is cut once, where feature maps become much smaller. The first stage sees little beyond
a cell, so its tiles need only narrow halos; the checkpoints of the second are small for the work
that they save.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import tensorflow as tf

from nst_server.engine.losses.content import ContentLoss, ContentTargets
from nst_server.engine.losses.moments import moments, moments_spec
from nst_server.engine.losses.style import RegionMoments, StyleGradients, sums_of
from nst_server.engine.network import checkpointing
from nst_server.engine.network.cells import cell_pyramid, halved, inside, pyramid_of, with_halo
from nst_server.engine.network.checkpointing import Checkpoints
from nst_server.engine.network.extent import Extent
from nst_server.engine.network.traced import Traced
from nst_server.engine.network.vgg import Network, block_of, feature_maps, filters, shrinkage
from nst_server.engine.objective.tiling import receptive_halo

LAST_SHALLOW_BLOCK = 3
"""The network is cut behind this block. There a position has 256 numbers for 64 pixels; behind the
second block it would be 128 for 16."""

FINE_BLOCKS = range(1, 3)
"""Blocks that see all levels, a quarter of the network's work; the others see the last alone."""

StageOutput = tuple[tf.Tensor, ...]
"""Input of the next stage; empty after the last."""

Pyramid = Sequence[tf.Tensor]
"""Weights by position, at the size before and after each pooling."""


@dataclass(frozen=True)
class Layers:
    """The feature maps that are compared, each with a share of its loss."""

    content: tuple[tuple[str, float], ...]
    style: tuple[tuple[str, float], ...]

    @property
    def names(self) -> list[str]:
        """Content layers, then style layers."""
        return [name for name, _ in (*self.content, *self.style)]

    def of(self, blocks: range) -> Layers:
        """The layers in some blocks."""

        def in_blocks(layers: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
            return tuple((name, share) for name, share in layers if block_of(name) in blocks)

        return Layers(in_blocks(self.content), in_blocks(self.style))

    def in_levels(self, levels: int) -> tuple[Layers, ...]:
        """The layers that are compared in each level of a Gaussian pyramid.

        The last level has all of them, the others the style layers of the first two blocks; shares
        of what is compared several times are divided. (Snelgrove, "High-Resolution Multi-Scale
        Neural Texture Synthesis", 2017, has no deeper layers at all.)
        """
        shallow = tuple(
            (name, share / levels) for name, share in self.style if block_of(name) in FINE_BLOCKS
        )
        deep = tuple(layer for layer in self.style if block_of(layer[0]) not in FINE_BLOCKS)
        finer = Layers((), shallow)
        return (*(finer,) * (levels - 1), Layers(self.content, (*shallow, *deep)))


class OutputGradients(NamedTuple):
    """Gradients of the loss by all results of a stage: content loss, moments and output."""

    content: tf.Tensor
    style: StyleGradients
    output: StageOutput


class Stage:
    """Turns a picture, or the previous stage's output, into content loss, moments and output.

    Maps are 1 × h × w × channels. An importance is 1 × h × w × (1 + regions), of the size of the
    stage's input, for the content first and then for each region; cells count positions there, too.
    """

    def __init__(
        self,
        network: Network,
        blocks: range,
        layers: Layers,
        regions: int,
        *,
        relative: bool,
        level: int,
    ) -> None:
        """``layers`` are those of the whole network, which must have layers in the last block.

        The network sees the picture of a ``level``, after so many halvings.
        """
        convolutions = [
            convolution
            for convolution in network.convolutions
            if block_of(convolution.name) in blocks
        ]
        self.convolutions = convolutions
        self.layers = layers.of(blocks)
        self.content_loss = ContentLoss(self.layers.content, relative)
        self.is_first = blocks.start == 1
        """True if its input is the picture of its level."""
        self.is_last = convolutions[-1] is network.convolutions[-1]
        self.level = level
        self.shrinkage = level + blocks.start - 1
        """Halvings between the picture and the stage's input."""
        self.halvings = len(blocks)
        """Halvings between the stage's input and its output."""
        self.grid = 2 ** (self.halvings - self.is_last)
        """Cells begin at multiples of this, as the windows of all poolings do."""
        self.halo = receptive_halo([convolution.name for convolution in convolutions])
        """Positions that the stage sees beyond a cell."""
        self.checkpoint_bytes = checkpointing.checkpoint_bytes(convolutions) / 4**level
        """Bytes of checkpoints for each pixel of the picture."""
        self._regions = regions
        self._trace(network.dtype)

    def _trace(self, dtype: tf.DType) -> None:
        """Make the traced functions, and the types of their arguments."""
        convolutions, regions = self.convolutions, self._regions
        features = convolutions[0].input_spec
        importance = tf.TensorSpec([1, None, None, 1 + regions])
        cell = tf.TensorSpec([4], tf.int32)
        output = () if self.is_last else (convolutions[-1].output_spec,)
        style = tuple(moments_spec(filters(name)) for name, _ in self.layers.style)
        gradients = OutputGradients(
            tf.TensorSpec([]),
            (tuple((spec.first, spec.second) for spec in style),) * regions,
            output,
        )
        checkpoints = checkpointing.checkpoint_specs(convolutions)
        self.moments_spec = (style,) * regions
        self.content_spec = self.content_loss.targets_spec(
            [
                tf.TensorSpec([1, None, None, filters(name)], dtype)
                for name, _ in self.layers.content
            ]
        )
        content = self.content_spec
        self.measure = Traced(self._measure, features, importance, cell)
        """Takes a tile and its cell; returns the cell's content features, moments and output."""
        self.forward = Traced(self._forward, features, importance, cell, content)
        """Takes a tile, its cell and targets; returns content loss, moments, output and
        checkpoints."""
        self.backward = Traced(
            self._backward, features, importance, cell, content, gradients, checkpoints
        )
        """Takes the arguments of `forward`, `OutputGradients` and checkpoints; returns the gradient
        by the tile."""

    def whole(
        self,
        features: tf.Tensor,
        pyramid: Pyramid | None,
        targets: ContentTargets,
        extent: Extent | None,
    ) -> tuple[tf.Tensor, RegionMoments, StageOutput]:
        """Return content loss, moments and output of an input in one piece, differentiably.

        Outside the ``extent`` of the input all maps are zero, those of the targets too.
        """
        maps, rest = feature_maps(self.convolutions, features, extent)
        loss = self._content(maps, targets, pyramid)
        return loss, self._moments(maps, pyramid, extent), () if self.is_last else (rest,)

    def weight_at(self, layer: str, importance: tf.Tensor | None) -> tf.Tensor | None:
        """Return the weight of each position of a layer for the content."""
        if importance is None:
            return None
        return pyramid_of(importance[..., :1], self._halvings_before(layer))[-1]

    def content_targets(
        self,
        cells: Sequence[tuple[tf.Tensor, ...]],
        importances: Sequence[tf.Tensor | None],
    ) -> list[ContentTargets]:
        """Return the content targets of each cell, from its feature maps and its importance."""
        weights = [
            [self.weight_at(name, importance) for importance in importances]
            for name, _ in self.layers.content
        ]
        return self.content_loss.targets(cells, weights)

    def _measure(
        self, features: tf.Tensor, importance: tf.Tensor | None, cell: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, ...], RegionMoments, StageOutput]:
        maps, rest = feature_maps(self.convolutions, features)
        parts = self._inside(maps, cell)
        content = tuple(parts[name] for name, _ in self.layers.content)
        measured = self._moments(parts, self._pyramid(importance, cell))
        return content, measured, self._output(rest, cell)

    def _forward(
        self,
        tile: tf.Tensor,
        importance: tf.Tensor | None,
        cell: tf.Tensor,
        targets: ContentTargets,
    ) -> tuple[tf.Tensor, RegionMoments, StageOutput, Checkpoints]:
        maps, rest, checkpoints = checkpointing.forward(self.convolutions, tile)
        pyramid, parts = self._pyramid(importance, cell), self._inside(maps, cell)
        loss = self._content(parts, targets, pyramid)
        return loss, self._moments(parts, pyramid), self._output(rest, cell), checkpoints

    def _backward(
        self,
        tile: tf.Tensor,
        importance: tf.Tensor | None,
        cell: tf.Tensor,
        targets: ContentTargets,
        gradients: OutputGradients,
        checkpoints: Checkpoints,
    ) -> tf.Tensor:
        pyramid = self._pyramid(importance, cell)
        by_output = None
        if gradients.output:
            shape = tf.shape(tile) // 2**self.halvings
            by_output = with_halo(gradients.output[0], shape, halved(cell, self.halvings))

        def measured_gradient(name: str, features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            layer_cell = self._at_layer(cell, name)
            part = inside(features, layer_cell)
            with tf.GradientTape() as tape:
                tape.watch(part)
                loss = self._content({name: part}, targets, pyramid)
                measured = self._moments({name: part}, pyramid)
            results = loss, sums_of(measured)
            by_results = gradients.content, self._of_layer(gradients.style, name)
            return tape.gradient(results, part, output_gradients=by_results), layer_cell

        return checkpointing.backward(
            self.convolutions, tile, checkpoints, measured_gradient, by_output
        )

    def _of_layer(
        self, gradients: StyleGradients, name: str
    ) -> list[list[tuple[tf.Tensor, tf.Tensor]]]:
        """The gradients of one layer, for each region."""
        return [
            [
                gradient
                for (layer, _), gradient in zip(self.layers.style, layers, strict=True)
                if layer == name
            ]
            for layers in gradients
        ]

    def _output(self, rest: tf.Tensor, cell: tf.Tensor) -> StageOutput:
        return () if self.is_last else (inside(rest, halved(cell, self.halvings)),)

    def _pyramid(self, importance: tf.Tensor | None, cell: tf.Tensor) -> list[tf.Tensor] | None:
        return cell_pyramid(importance, cell, self.halvings - 1)

    def _halvings_before(self, layer: str) -> int:
        return self.level + shrinkage(layer) - self.shrinkage

    def _at_layer(self, cell: tf.Tensor, layer: str) -> tf.Tensor:
        return halved(cell, self._halvings_before(layer))

    def _inside(self, maps: Mapping[str, tf.Tensor], cell: tf.Tensor) -> dict[str, tf.Tensor]:
        """The parts of feature maps that belong to the cell of a tile."""
        return {name: inside(part, self._at_layer(cell, name)) for name, part in maps.items()}

    def _content(
        self, maps: Mapping[str, tf.Tensor], targets: ContentTargets, pyramid: Pyramid | None
    ) -> tf.Tensor:
        def weight_of(name: str) -> tf.Tensor | None:
            return None if pyramid is None else pyramid[self._halvings_before(name)][..., :1]

        return self.content_loss.value(maps, targets, weight_of)

    def _moments(
        self,
        maps: Mapping[str, tf.Tensor],
        pyramid: Pyramid | None,
        extent: Extent | None = None,
    ) -> RegionMoments:
        """Moments of the style layers in ``maps``, for each region."""

        def weight(name: str, region: int) -> tf.Tensor | None:
            if pyramid is None:
                return None
            return pyramid[self._halvings_before(name)][..., 1 + region : 2 + region]

        def extent_at(name: str) -> Extent | None:
            return None if extent is None else extent.halved(self._halvings_before(name))

        return tuple(
            tuple(
                moments(maps[name], weight(name, region), extent_at(name))
                for name, _ in self.layers.style
                if name in maps
            )
            for region in range(self._regions)
        )


def stages_of(
    network: Network, layers: Layers, regions: int, *, relative: bool, level: int
) -> tuple[Stage, ...]:
    """The network of a level in one stage or two, in order."""
    end = block_of(network.names[-1]) + 1
    cuts = [1, LAST_SHALLOW_BLOCK + 1, end] if end > LAST_SHALLOW_BLOCK + 1 else [1, end]
    return tuple(
        Stage(network, range(start, stop), layers, regions, relative=relative, level=level)
        for start, stop in pairwise(cuts)
    )
