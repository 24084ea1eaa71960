"""The objective of a picture in pieces, exact, in two passes over tiles; and of one that wraps.

First the moments of all cells are added up, which gives the style loss and its derivatives by the
moments; then each tile is computed again with a tape, and the gradient of its cell's share is
added over the whole tile, halo included. That equals the gradient of the untiled picture.

A picture that wraps, for a seamless texture, is tiled with halos from its other side: that is a
convolution on a torus, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import tensorflow as tf

from nst_server.engine.objective import (
    ContentTargets,
    Objective,
    StyleTargets,
    WeighedStyle,
)
from nst_server.engine.picture import extended
from nst_server.engine.smoothness import total_variation
from nst_server.engine.statistics import Moments
from nst_server.engine.tiling import Tile, tiles
from nst_server.geometry import Box


@dataclass(frozen=True)
class TiledTargets:
    """What a tiled picture is compared with: content for each tile, styles for all."""

    content: Sequence[ContentTargets]
    style: tuple[StyleTargets, ...]


@dataclass(frozen=True)
class Tiling:
    """How pictures are cut: cells of ``side``, ``halo`` pixels around them, on a torus or not."""

    side: int
    halo: int
    wraps: bool = False


class TiledObjective:
    """An `Objective` whose pictures are cut into tiles."""

    def __init__(self, objective: Objective, tiling: Tiling) -> None:
        self._objective = objective
        self._tiling = tiling

    def targets(
        self, content: tf.Tensor, styles: Sequence[WeighedStyle], importance: tf.Tensor | None
    ) -> TiledTargets:
        """As `Objective.targets`; styles never wrap."""
        objective = self._objective
        everywhere = objective.everywhere(content)
        importance = everywhere if importance is None else importance
        canvas = _Canvas(content, everywhere, self._tiling)
        cells = [features for features, _ in canvas.measured(objective)]
        cut = [_cut(importance, tile.cell) for tile in canvas.tiles]
        scales = objective.content_targets(cells, cut).scales
        flat = Tiling(self._tiling.side, self._tiling.halo)
        measured = [
            _Canvas(style.picture, objective.alike(style.weight), flat).moments(objective)[0]
            for style in styles
        ]
        return TiledTargets(
            [ContentTargets(features=features, scales=scales) for features in cells],
            objective.style_targets(styles, measured, importance),
        )

    def gradient(
        self,
        picture: tf.Tensor,
        targets: TiledTargets,
        weights: tf.Tensor,
        importance: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """As `Objective.gradient`."""
        objective = self._objective
        if importance is None:
            importance = objective.everywhere(picture)
        canvas = _Canvas(picture, importance, self._tiling)
        style, slopes = objective.style_slopes(canvas.moments(objective), targets.style)
        gradient = tf.Variable(tf.zeros_like(canvas.picture))
        content = tf.constant(0.0)
        for tile, target in zip(canvas.tiles, targets.content, strict=True):
            outer = canvas.outer(tile)
            loss, share = objective.cell_gradient(
                *canvas.cut(tile), _corners(tile.inner), target, slopes, weights
            )
            content += loss
            region = gradient[:, outer.y : outer.bottom, outer.x : outer.right]
            region.assign(region + share)
        smoothness, slope = total_variation(picture, wraps=self._tiling.wraps)
        terms = tf.stack([content, weights[1] * style, weights[2] * smoothness])
        return terms, canvas.folded(gradient) + weights[2] * slope


class _Canvas:
    """A picture and its importance, extended on all sides by their other side if they wrap."""

    def __init__(self, picture: tf.Tensor, importance: tf.Tensor, tiling: Tiling) -> None:
        height, width = picture.shape[1:3]
        self.tiles = list(tiles(width, height, tiling.side, tiling.halo, wraps=tiling.wraps))
        self._margin = -min(tile.outer.x for tile in self.tiles)
        self._original = picture
        self.picture = self._extended(picture)
        self._importance = self._extended(importance)

    def outer(self, tile: Tile) -> Box:
        """Where a tile lies in the extended picture."""
        return tile.outer.moved(self._margin, self._margin)

    def cut(self, tile: Tile) -> tuple[tf.Tensor, tf.Tensor]:
        """What the network is shown of picture and importance."""
        outer = self.outer(tile)
        return _cut(self.picture, outer), _cut(self._importance, outer)

    def measured(
        self, objective: Objective
    ) -> Iterator[tuple[tuple[tf.Tensor, ...], tuple[tuple[Moments, ...], ...]]]:
        """Content features and moments of each cell."""
        for tile in self.tiles:
            yield objective.measure(*self.cut(tile), _corners(tile.inner))

    def moments(self, objective: Objective) -> tuple[tuple[Moments, ...], ...]:
        """Moments of all cells together, for each region and layer."""
        cells = [moments for _, moments in self.measured(objective)]
        return tuple(
            tuple(reduce(add, layer) for layer in zip(*region, strict=True))
            for region in zip(*cells, strict=True)
        )

    def folded(self, gradient: tf.Variable) -> tf.Tensor:
        """The gradient of the extended picture as that of the picture itself."""
        if not self._margin:
            return gradient.read_value()
        with tf.GradientTape() as tape:
            tape.watch(self._original)
            extended = self._extended(self._original)
        return tf.convert_to_tensor(
            tape.gradient(extended, self._original, output_gradients=gradient.read_value())
        )

    def _extended(self, values: tf.Tensor) -> tf.Tensor:
        return extended(values, self._margin, self._margin) if self._margin else values


def _cut(picture: tf.Tensor, box: Box) -> tf.Tensor:
    return picture[:, box.y : box.bottom, box.x : box.right]


def _corners(box: Box) -> tf.Tensor:
    return tf.constant([box.y, box.bottom, box.x, box.right], tf.int32)
