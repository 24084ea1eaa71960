"""The objective of a picture that is too large for one piece: exact, in two passes over tiles.

First the moments of all cells are added up, which gives the style loss and its derivatives by the
moments; then each tile is computed again with a tape, and the gradient of its cell's share is
added over the whole tile, halo included. That equals the gradient of the untiled picture.
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
from nst_server.engine.statistics import Moments
from nst_server.engine.tiling import Tile, tiles
from nst_server.geometry import Box


@dataclass(frozen=True)
class TiledTargets:
    """What a tiled picture is compared with: content for each tile, the style for all."""

    content: Sequence[ContentTargets]
    style: StyleTargets


class TiledObjective:
    """An `Objective` whose pictures are cut into tiles of ``side`` with ``halo`` around them."""

    def __init__(self, objective: Objective, side: int, halo: int) -> None:
        self._objective = objective
        self._side = side
        self._halo = halo

    def targets(
        self, content: tf.Tensor, styles: Sequence[WeighedStyle], importance: tf.Tensor | None
    ) -> TiledTargets:
        """As `Objective.targets`."""
        ones = tf.ones_like(content[..., :1])
        cells = [features for _, (features, _) in self._measured(content, ones)]
        positions = ones if importance is None else importance
        weights = [_cut(positions, tile.cell) for tile in self._tiles(content)]
        scales = self._objective.content_targets(cells, weights).scales
        measured = [(self._moments(style.picture, style.weight), style.share) for style in styles]
        return TiledTargets(
            [ContentTargets(features=features, scales=scales) for features in cells],
            self._objective.style_targets(measured),
        )

    def gradient(
        self,
        picture: tf.Tensor,
        targets: TiledTargets,
        weights: tf.Tensor,
        importance: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """As `Objective.gradient`."""
        if importance is None:
            importance = tf.ones_like(picture[..., :1])
        objective = self._objective
        moments = self._moments(picture, importance)
        style, slopes = objective.style_slopes(moments, targets.style)
        smoothness, slope = objective.smoothness(picture)
        gradient = tf.Variable(weights[2] * slope)
        content = tf.constant(0.0)
        for tile, target in zip(self._tiles(picture), targets.content, strict=True):
            loss, share = objective.cell_gradient(
                _cut(picture, tile.outer),
                _cut(importance, tile.outer),
                _corners(tile.inner),
                target,
                slopes,
                weights,
            )
            content += loss
            rows = slice(tile.outer.y, tile.outer.bottom)
            columns = slice(tile.outer.x, tile.outer.right)
            region = gradient[:, rows, columns]
            region.assign(region + share)
        terms = tf.stack([content, weights[1] * style, weights[2] * smoothness])
        return terms, gradient.read_value()

    def _tiles(self, picture: tf.Tensor) -> Iterator[Tile]:
        return tiles(picture.shape[2], picture.shape[1], self._side, self._halo)

    def _measured(
        self, picture: tf.Tensor, weight: tf.Tensor
    ) -> Iterator[tuple[Tile, tuple[tuple[tf.Tensor, ...], tuple[Moments, ...]]]]:
        for tile in self._tiles(picture):
            outer = _cut(picture, tile.outer), _cut(weight, tile.outer)
            yield tile, self._objective.measure(*outer, _corners(tile.inner))

    def _moments(self, picture: tf.Tensor, weight: tf.Tensor) -> tuple[Moments, ...]:
        """Moments of the whole picture, added up over its cells."""
        cells = [moments for _, (_, moments) in self._measured(picture, weight)]
        return tuple(reduce(add, layer) for layer in zip(*cells, strict=True))


def _cut(picture: tf.Tensor, box: Box) -> tf.Tensor:
    return picture[:, box.y : box.bottom, box.x : box.right]


def _corners(box: Box) -> tf.Tensor:
    return tf.constant([box.y, box.bottom, box.x, box.right], tf.int32)
