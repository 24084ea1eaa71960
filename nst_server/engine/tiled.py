"""The objective of a picture in pieces, exact, in two passes over tiles; and of one that wraps.

First the moments of all cells are added up, which gives the style loss and its derivatives by the
moments; then it goes back through each tile, and the gradient of its cell's share is added over the
whole tile, halo included. That equals the gradient of the untiled picture. Tiles go back by the
feature maps of the way there, as many as there is memory for; the others are computed once more.

A picture that wraps, for a seamless texture, is tiled with halos from its other side: that is a
convolution on a torus, exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import tensorflow as tf

from nst_server.engine.objective import (
    ContentTargets,
    Objective,
    RegionMoments,
    Slopes,
    StyleTargets,
    WeighedStyle,
)
from nst_server.engine.strips import bounds, cut
from nst_server.engine.tiling import Tile, pieces, tiles
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
    kept: int = 0
    """Pixels of tiles whose feature maps there is memory for."""


Back = Callable[[Slopes, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
"""From slopes, the weights of the terms and how many numbers the whole picture has, to what a cell
adds to content loss and smoothness, weighed, and to the gradient by its tile."""


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
        canvas = _Canvas(content, None, self._tiling)
        cells = [features for features, _ in canvas.measured(objective)]
        cut = [None if importance is None else _cut(importance, t.cell) for t in canvas.tiles]
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
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """As `Objective.gradient`."""
        objective = self._objective
        canvas = _Canvas(picture, importance, self._tiling)
        measured: RegionMoments | None = None
        ways_back: list[Back] = []
        room = self._tiling.kept
        for tile, target in zip(canvas.tiles, targets.content, strict=True):
            room -= tile.outer.area
            there = _there_keeping if room >= 0 else _there
            own_moments, back = there(objective, canvas, tile, target)
            measured = _added(measured, own_moments) if measured else own_moments
            ways_back.append(back)
        style, slopes = objective.style_slopes(measured, targets.style)
        gradient = [tf.zeros_like(strip) for strip in cut(picture)]
        numbers = tf.cast(tf.size(picture), tf.float32)
        own = tf.zeros([2])
        for tile in canvas.tiles:
            # With the way its feature maps are gone, before one is computed once more.
            terms, share = ways_back.pop(0)(slopes, weights, numbers)
            own += terms
            canvas.add(gradient, tile, share)
        content, smoothness = tf.unstack(own)
        terms = tf.stack([content, weights[1] * style, smoothness])
        return terms, gradient


class _Canvas:
    """A picture and its importance, in tiles."""

    def __init__(self, picture: tf.Tensor, importance: tf.Tensor | None, tiling: Tiling) -> None:
        height, width = picture.shape[1:3]
        self.tiles = list(tiles(width, height, tiling.side, tiling.halo, wraps=tiling.wraps))
        self._picture = picture
        self._importance = importance

    def cut(self, tile: Tile) -> tuple[tf.Tensor, tf.Tensor | None]:
        """What the network is shown of picture and importance."""
        importance = self._importance
        return (
            _cut(self._picture, tile.outer),
            None if importance is None else _cut(importance, tile.outer),
        )

    def add(self, gradient: list[tf.Tensor], tile: Tile, share: tf.Tensor) -> None:
        """Add the gradient of a tile to the strips of that of the picture."""
        height, width = self._picture.shape[1:3]
        for there, here in pieces(tile.outer, width, height):
            for number, (top, bottom) in enumerate(bounds(self._picture)):
                strip = Box(0, top, width, bottom - top)
                part = there.intersect(strip)
                if part.is_empty:
                    continue
                own = _cut(share, part.moved(here.x - there.x, here.y - there.y))
                rows, columns = (part.y - top, bottom - part.bottom), (part.x, width - part.right)
                gradient[number] += tf.pad(own, ((0, 0), rows, columns, (0, 0)))

    def measured(
        self, objective: Objective
    ) -> Iterator[tuple[tuple[tf.Tensor, ...], RegionMoments]]:
        """Content features and moments of each cell."""
        for tile in self.tiles:
            yield objective.measure(*self.cut(tile), _corners(tile.inner))

    def moments(self, objective: Objective) -> RegionMoments:
        """Moments of all cells together, for each region and layer."""
        return reduce(_added, (moments for _, moments in self.measured(objective)))


def _there(
    objective: Objective, canvas: _Canvas, tile: Tile, target: ContentTargets
) -> tuple[RegionMoments, Back]:
    """Moments of a cell, and a way back that begins with the way there once more."""
    cell = _corners(tile.inner)

    def back(slopes: Slopes, weights: tf.Tensor, numbers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        terms, gradient = objective.cell_gradient(
            *canvas.cut(tile), cell, target, slopes, weights, numbers
        )
        return terms, gradient

    _, measured = objective.measure(*canvas.cut(tile), cell)
    return measured, back


def _there_keeping(
    objective: Objective, canvas: _Canvas, tile: Tile, target: ContentTargets
) -> tuple[RegionMoments, Back]:
    """Moments of a cell, and a way back by the feature maps, a third less work in all."""
    cell = _corners(tile.inner)
    picture, importance = canvas.cut(tile)
    with tf.GradientTape() as tape:
        tape.watch(picture)
        content, measured = objective.cell_terms(picture, importance, cell, target)
    sums = [(layer.first, layer.second) for region in measured for layer in region]

    def back(slopes: Slopes, weights: tf.Tensor, numbers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        by_sums = [
            (weights[1] * by_first, weights[1] * by_second)
            for region in slopes
            for by_first, by_second in region
        ]
        gradient = tape.gradient((content, sums), picture, output_gradients=(weights[0], by_sums))
        smoothness, slope = objective.cell_smoothness(picture, cell, numbers)
        terms = tf.stack([weights[0] * content, weights[2] * smoothness])
        return terms, gradient + weights[2] * slope

    return measured, back


def _added(one: RegionMoments, other: RegionMoments) -> RegionMoments:
    return tuple(tuple(map(add, *regions)) for regions in zip(one, other, strict=True))


def _cut(picture: tf.Tensor, box: Box) -> tf.Tensor:
    """``box`` of a picture; what is outside is from its other side."""
    height, width = picture.shape[1:3]
    if box.intersect(Box(0, 0, width, height)) == box:
        return picture[:, box.y : box.bottom, box.x : box.right]
    rows = tf.gather(picture, tf.range(box.y, box.bottom) % height, axis=1)
    return tf.gather(rows, tf.range(box.x, box.right) % width, axis=2)


def _corners(box: Box) -> tf.Tensor:
    return tf.constant([box.y, box.bottom, box.x, box.right], tf.int32)
