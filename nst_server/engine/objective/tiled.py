"""The objective of a picture in pieces, exact, there and back over tiles; and of one that wraps.

On the way there each stage of the network goes over tiles of what it begins with: moments of all
cells are added up, and what goes on is put together for the next stage. Then the style loss and its
derivatives by the moments are known, and it goes back, the last stage first: the gradient of a
cell's share is added over the whole tile, halo included. That equals the gradient of the untiled
picture. Tiles go back by what is kept of the way there (`compact`), or go there once more.

A picture that wraps, for a seamless texture, is tiled with halos from its other side: that is a
convolution on a torus, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby
from operator import add

import tensorflow as tf

from nst_server.engine.canvas.picture import WeighedStyle
from nst_server.engine.canvas.strips import bounds, joined
from nst_server.engine.network.checkpointing import Kept
from nst_server.engine.objective.stage import (
    ContentTargets,
    Onward,
    RegionMoments,
    Slopes,
    Stage,
)
from nst_server.engine.objective.tiling import Tile, Tiling, pieces, tiles
from nst_server.engine.objective.whole import Objective, StyleTargets, concatenated
from nst_server.values.geometry import Box


@dataclass(frozen=True)
class TiledTargets:
    """What a tiled picture is compared with."""

    content: Sequence[Sequence[ContentTargets]]
    """For each stage, for each of its tiles."""
    style: tuple[StyleTargets, ...]


Strips = dict[int, tf.Tensor]
"""A gradient, by the numbers of its strips, each from the first tile on that reaches it."""


class TiledObjective:
    """An `Objective` whose pictures are cut into tiles."""

    def __init__(self, objective: Objective, tiling: Tiling) -> None:
        """``tiling`` has a side for each stage."""
        self._objective = objective
        self._tiling = tiling

    def targets(
        self, content: tf.Tensor, styles: Sequence[WeighedStyle], importance: tf.Tensor | None
    ) -> TiledTargets:
        """As `Objective.targets`; styles never wrap."""
        objective = self._objective
        compared = []
        for (tiled, features, _), weight in zip(
            self._measured(content, None, self._tiling),
            objective.importances(importance),
            strict=True,
        ):
            cells = [None if weight is None else _cut(weight, tile.cell) for tile in tiled.tiles]
            compared.append(objective.content_targets(tiled.stage, features, cells))
        flat = replace(self._tiling, wraps=False)
        measured = []
        for style in styles:
            stages = self._measured(style.picture, objective.alike(style.weight), flat)
            measured.append(concatenated([moments for _, _, moments in stages]))
        return TiledTargets(compared, objective.style_targets(styles, measured, importance))

    def gradient(
        self,
        picture: tf.Tensor,
        targets: TiledTargets,
        weights: tf.Tensor,
        importance: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """As `Objective.gradient`."""
        objective = self._objective
        gone = self._there(picture, targets, importance)
        style, slopes = objective.style_slopes(
            tuple(there.moments for there in gone), targets.style, weights
        )
        content = weights[0] * tf.add_n([there.content_loss for there in gone])
        numbers, smoothness = tf.cast(tf.size(picture), tf.float32), tf.constant(0.0)
        upstream: Onward = ()
        while gone:
            there = gone.pop()
            gradient: Strips = {}
            for tile, share in there.back(Slopes(weights[0], slopes[len(gone)], upstream)):
                if not gone:  # what the first stage begins with is the picture
                    rough, slope = objective.cell_smoothness(
                        _cut(picture, tile.outer), _corners(tile.inner), numbers
                    )
                    smoothness += weights[2] * rough
                    share += weights[2] * slope
                there.tiled.add(gradient, tile, share)
            if gone:
                upstream = (joined(_popped(gradient)),)
        return tf.stack([content, style, smoothness]), list(_popped(gradient))

    def _there(
        self, picture: tf.Tensor, targets: TiledTargets, importance: tf.Tensor | None
    ) -> list[_There]:
        """All stages, on their way there."""
        gone: list[_There] = []
        onward: Onward = (picture,)
        for stage, weight, side, content in zip(
            self._objective.stages,
            self._objective.importances(importance),
            self._tiling.sides,
            targets.content,
            strict=True,
        ):
            (x,) = onward
            gone.append(_There(_Tiled(stage, x, weight, side, self._tiling.wraps), content))
            onward = gone[-1].go(self._tiling.keeps)
        return gone

    def _measured(
        self, picture: tf.Tensor, importance: tf.Tensor | None, tiling: Tiling
    ) -> Iterator[tuple[_Tiled, Sequence[tuple[tf.Tensor, ...]], RegionMoments]]:
        """Each stage, with the content features of its cells and the moments of all."""
        onward: Onward = (picture,)
        for stage, weight, side in zip(
            self._objective.stages,
            self._objective.importances(importance),
            tiling.sides,
            strict=True,
        ):
            (x,) = onward
            tiled = _Tiled(stage, x, weight, side, tiling.wraps)
            cells = [stage.measure(*tiled.cut(t), _corners(t.inner)) for t in tiled.tiles]
            features, moments, given = zip(*cells, strict=True)
            yield tiled, features, reduce(_added, moments)
            onward = tiled.assembled(given)


class _Tiled:
    """What a stage begins with, the picture or a feature map, and its importance, in tiles."""

    def __init__(
        self,
        stage: Stage,
        features: tf.Tensor,
        importance: tf.Tensor | None,
        side: int,
        wraps: bool,
    ) -> None:
        height, width = features.shape[1:3]
        self.stage = stage
        self.tiles = list(tiles(width, height, side, stage.halo, stage.grid, wraps=wraps))
        self._share = 3 / features.shape[-1]  # strips of feature maps hold as much as of pictures
        self._features = features
        self._importance = importance

    def cut(self, tile: Tile) -> tuple[tf.Tensor, tf.Tensor | None]:
        """What the stage is shown of features and importance."""
        importance = self._importance
        return (
            _cut(self._features, tile.outer),
            None if importance is None else _cut(importance, tile.outer),
        )

    def assembled(self, given: Sequence[Onward]) -> Onward:
        """What goes on to the next stage, of what all cells gave."""
        return tuple(map(self._in_rows, zip(*given, strict=True)))

    def given_by(self, tile: Tile, onward: Onward) -> Onward:
        """The part of `assembled` that the cell of a tile gave."""
        times = 2**self.stage.halvings
        x, y = tile.cell.x // times, tile.cell.y // times
        box = Box(x, y, tile.cell.right // times - x, tile.cell.bottom // times - y)
        return tuple(_cut(features, box) for features in onward)

    def add(self, gradient: Strips, tile: Tile, share: tf.Tensor) -> None:
        """Add the gradient of a tile to that of all."""
        height, width = self._features.shape[1:3]
        for there, here in pieces(tile.outer, width, height):
            for number, (top, bottom) in enumerate(bounds(self._features, self._share)):
                strip = Box(0, top, width, bottom - top)
                part = there.intersect(strip)
                if part.is_empty:
                    continue
                own = _cut(share, part.moved(here.x - there.x, here.y - there.y))
                rows, columns = (part.y - top, bottom - part.bottom), (part.x, width - part.right)
                wide = tf.pad(own, ((0, 0), rows, columns, (0, 0)))
                gradient[number] = gradient[number] + wide if number in gradient else wide

    def _in_rows(self, cells: Sequence[tf.Tensor]) -> tf.Tensor:
        placed = zip(self.tiles, cells, strict=True)
        rows = groupby(placed, key=lambda pair: pair[0].cell.y)
        return tf.concat([tf.concat([cell for _, cell in row], 2) for _, row in rows], 1)


class _There:
    """A stage on its way there and back: moments of all cells, and what is kept between."""

    def __init__(self, tiled: _Tiled, targets: Sequence[ContentTargets]) -> None:
        self.tiled = tiled
        self._targets = targets
        self._kept: list[Kept | None] = []
        self.content_loss = tf.constant(0.0)
        """Not yet weighed."""
        self.moments: RegionMoments = ()

    def go(self, keeps: bool) -> Onward:
        """Go there, once; what goes on. Where nothing is kept the way back begins with it again."""
        given = []
        for number in range(len(self.tiled.tiles)):
            loss, moments, onward, kept = self._there(number)
            self.content_loss += loss
            self.moments = _added(self.moments, moments) if self.moments else moments
            given.append(onward)
            self._kept.append(kept if keeps else None)
        return self.tiled.assembled(given)

    def back(self, slopes: Slopes) -> Iterator[tuple[Tile, tf.Tensor]]:
        """For each tile the gradient by it; ``slopes`` are by what the whole stage gave.

        Only once: what is kept goes on the way.
        """
        for number, tile in enumerate(self.tiled.tiles):
            yield tile, self._back(number, slopes)

    def _there(self, number: int) -> tuple[tf.Tensor, RegionMoments, Onward, Kept]:
        tile, stage = self.tiled.tiles[number], self.tiled.stage
        return stage.there(*self.tiled.cut(tile), _corners(tile.inner), self._targets[number])

    def _back(self, number: int, slopes: Slopes) -> tf.Tensor:
        tile, stage = self.tiled.tiles[number], self.tiled.stage
        own = slopes._replace(onward=self.tiled.given_by(tile, slopes.onward))
        kept = self._kept.pop(0)
        if kept is None:
            *_, kept = self._there(number)
        cell, targets = _corners(tile.inner), self._targets[number]
        return stage.back(*self.tiled.cut(tile), cell, targets, own, kept)


def _popped(gradient: Strips) -> Iterator[tf.Tensor]:
    """Its strips in order; those of a large picture are not to be in memory longer than needed."""
    for number in sorted(gradient):
        yield gradient.pop(number)


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
