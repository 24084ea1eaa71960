"""The objective of a picture in tiles, exact; also of a picture that wraps.

Forward, each stage of the network goes over tiles of its input: the moments of all cells are added
up, and their outputs are assembled into the input of the next stage. Then the style loss and its
gradients by the moments are known. Backward, the last stage goes first: the gradient of a cell's
share is added over the whole tile, halo included, which equals the gradient of the untiled picture.
Tiles go backward from their checkpoints, or forward once more where there are none.

A picture that wraps, for a seamless texture, is tiled with halos from its other side: that is a
convolution on a torus, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import add

import tensorflow as tf

from nst_server.engine.canvas.picture import WeightedStyle
from nst_server.engine.canvas.strips import bounds, joined
from nst_server.engine.losses.content import ContentTargets
from nst_server.engine.losses.style import RegionMoments, StyleTargets, concatenated
from nst_server.engine.network.checkpointing import Checkpoints
from nst_server.engine.network.gradients import unpooled
from nst_server.engine.objective.stage import OutputGradients, Stage, StageOutput
from nst_server.engine.objective.tiling import Tile, Tiling, pieces, tiles
from nst_server.engine.objective.whole import LevelPicture, Objective
from nst_server.values.geometry import Box


@dataclass(frozen=True)
class TiledTargets:
    """The content and the styles that a tiled picture is compared with."""

    content: Sequence[Sequence[ContentTargets]]
    """Targets of each tile, for each stage."""
    style: tuple[StyleTargets, ...]


Strips = dict[int, tf.Tensor]
"""Strips of a gradient by number; each is added by the first tile that reaches it."""


class TiledObjective:
    """An `Objective` whose pictures are cut into tiles."""

    def __init__(self, objective: Objective, tiling: Tiling) -> None:
        """``tiling`` has a side for each stage."""
        self._objective = objective
        self._tiling = tiling

    def targets(
        self,
        content: tf.Tensor,
        styles: Sequence[Sequence[WeightedStyle]],
        importance: tf.Tensor | None,
    ) -> TiledTargets:
        """Like `Objective.targets`; styles never wrap."""
        objective = self._objective
        importances = objective.importances(importance)

        def run(
            number: int, stage: Stage, x: tf.Tensor, _weight: tf.Tensor | None
        ) -> tuple[list[ContentTargets], StageOutput]:
            tiled = _TiledInput(stage, x, None, self._tiling.sides[number], self._tiling.wraps)
            features, _, output = tiled.measured()
            weight = importances[number]
            cells = [None if weight is None else _cut(weight, tile.cell) for tile in tiled.tiles]
            return stage.content_targets(features, cells), output

        compared = objective.over_stages(objective.level_pictures(content), run)
        moments = [self._moments(style) for style in objective.by_style(styles)]
        return TiledTargets(compared, objective.style_targets(styles[0], moments, importance))

    def gradient(
        self,
        picture: tf.Tensor,
        targets: TiledTargets,
        weights: tf.Tensor,
        importance: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Like `Objective.gradient`."""
        passes = self._forward(picture, targets, importance)
        style, by_moments = self._objective.style_gradients(
            tuple(stage.moments for stage in passes), targets.style, weights[1]
        )
        content = weights[0] * tf.add_n([stage.content_loss for stage in passes])
        by_output: StageOutput = ()
        by_smaller: tf.Tensor | None = None
        while len(passes) > 1:
            stage = passes.pop()
            gradients = OutputGradients(weights[0], by_moments[len(passes)], by_output)
            strips: Strips = {}
            for tile, by_tile in stage.backward(gradients):
                stage.tiled.add(strips, tile, by_tile)
            is_first = stage.tiled.stage.is_first
            del stage, tile, by_tile, gradients  # the stage holds its input, which is large
            by_input = joined(_popped(strips))
            if is_first:
                by_smaller, by_output = _with_smaller(by_input, by_smaller), ()
            else:
                by_output = (by_input,)
            del by_input
        gradients = OutputGradients(weights[0], by_moments[0], by_output)
        del by_output
        roughness, strips = self._backward_to_picture(passes[0], gradients, picture, weights[2])
        if by_smaller is not None:
            for number, (top, bottom) in enumerate(bounds(picture)):
                part = by_smaller[:, top // 2 : bottom // 2]
                strips[number] = _with_smaller(strips[number], part)
        return tf.stack([content, style, roughness]), list(_popped(strips))

    def _forward(
        self, picture: tf.Tensor, targets: TiledTargets, importance: tf.Tensor | None
    ) -> list[_StagePass]:
        """Run all stages forward and return their passes."""
        tiling = self._tiling

        def run(
            number: int, stage: Stage, x: tf.Tensor, weight: tf.Tensor | None
        ) -> tuple[_StagePass, StageOutput]:
            tiled = _TiledInput(stage, x, weight, tiling.sides[number], tiling.wraps)
            stage_pass = _StagePass(tiled, targets.content[number])
            return stage_pass, stage_pass.forward(keeps=tiling.keeps)

        return self._objective.over_stages(self._objective.level_pictures(picture, importance), run)

    def _backward_to_picture(
        self,
        stage: _StagePass,
        gradients: OutputGradients,
        picture: tf.Tensor,
        weight: tf.Tensor,
    ) -> tuple[tf.Tensor, Strips]:
        """The first stage's backward pass, with total variation's weighted value and gradient."""
        numbers, roughness = tf.cast(tf.size(picture), tf.float32), tf.constant(0.0)
        strips: Strips = {}
        for tile, by_tile in stage.backward(gradients):
            value, by_roughness = self._objective.cell_variation(
                _cut(picture, tile.outer), _corners(tile.inner), numbers
            )
            roughness += weight * value
            by_tile += weight * by_roughness
            stage.tiled.add(strips, tile, by_tile)
        return roughness, strips

    def _moments(self, style: Sequence[LevelPicture]) -> RegionMoments:
        """Moments of a style, alike for all regions."""
        sides = self._tiling.sides

        def run(
            number: int, stage: Stage, x: tf.Tensor, weight: tf.Tensor | None
        ) -> tuple[RegionMoments, StageOutput]:
            tiled = _TiledInput(stage, x, weight, sides[number], wraps=False)
            _, moments, output = tiled.measured()
            return moments, output

        return concatenated(self._objective.over_stages(style, run))


class _TiledInput:
    """The input of a stage, the picture or a feature map, and its importance, in tiles."""

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
        """Return features and importance of a tile."""
        importance = self._importance
        return (
            _cut(self._features, tile.outer),
            None if importance is None else _cut(importance, tile.outer),
        )

    def measured(self) -> tuple[list[tuple[tf.Tensor, ...]], RegionMoments, StageOutput]:
        """Return content features of each cell, moments of all, and the stage's output."""
        cells = [self.stage.measure(*self.cut(tile), _corners(tile.inner)) for tile in self.tiles]
        features, moments, outputs = zip(*cells, strict=True)
        return list(features), reduce(_added, moments), self.assembled(outputs)

    def assembled(self, outputs: Sequence[StageOutput]) -> StageOutput:
        """Assemble the stage's output from those of all cells."""
        return tuple(map(self._in_rows, zip(*outputs, strict=True)))

    def part_of(self, output: StageOutput, tile: Tile) -> StageOutput:
        """Return the part of an `assembled` output that came from the cell of a tile."""
        times = 2**self.stage.halvings
        x, y = tile.cell.x // times, tile.cell.y // times
        box = Box(x, y, tile.cell.right // times - x, tile.cell.bottom // times - y)
        return tuple(_cut(features, box) for features in output)

    def add(self, gradient: Strips, tile: Tile, share: tf.Tensor) -> None:
        """Add the gradient of a tile to that of the whole input."""
        height, width = self._features.shape[1:3]
        for in_input, in_tile in pieces(tile.outer, width, height):
            for number, (top, bottom) in enumerate(bounds(self._features, self._share)):
                strip = Box(0, top, width, bottom - top)
                part = in_input.intersect(strip)
                if part.is_empty:
                    continue
                cut_out = _cut(share, part.moved(in_tile.x - in_input.x, in_tile.y - in_input.y))
                rows, columns = (part.y - top, bottom - part.bottom), (part.x, width - part.right)
                wide = tf.pad(cut_out, ((0, 0), rows, columns, (0, 0)))
                gradient[number] = gradient[number] + wide if number in gradient else wide

    def _in_rows(self, cells: Sequence[tf.Tensor]) -> tf.Tensor:
        placed = zip(self.tiles, cells, strict=True)
        rows = groupby(placed, key=lambda pair: pair[0].cell.y)
        return tf.concat([tf.concat([cell for _, cell in row], 2) for _, row in rows], 1)


class _StagePass:
    """One stage, forward and backward over its tiles, with the checkpoints in between."""

    def __init__(self, tiled: _TiledInput, targets: Sequence[ContentTargets]) -> None:
        self.tiled = tiled
        self._targets = targets
        self._checkpoints: list[Checkpoints | None] = []
        self.content_loss = tf.constant(0.0)
        """Sum over all cells, not yet weighted."""
        self.moments: RegionMoments = ()
        """Sum over all cells."""

    def forward(self, *, keeps: bool) -> StageOutput:
        """Go forward, once; return the output. Without ``keeps`` checkpoints are made again."""
        outputs = []
        for number in range(len(self.tiled.tiles)):
            loss, moments, output, checkpoints = self._tile_forward(number)
            self.content_loss += loss
            self.moments = _added(self.moments, moments) if self.moments else moments
            outputs.append(output)
            self._checkpoints.append(checkpoints if keeps else None)
        return self.tiled.assembled(outputs)

    def backward(self, gradients: OutputGradients) -> Iterator[tuple[Tile, tf.Tensor]]:
        """Yield each tile with its gradient; ``gradients`` are by the results of the whole stage.

        Call it only once: checkpoints are dropped on the way.
        """
        for number, tile in enumerate(self.tiled.tiles):
            yield tile, self._tile_backward(number, gradients)

    def _tile_forward(
        self, number: int
    ) -> tuple[tf.Tensor, RegionMoments, StageOutput, Checkpoints]:
        tile, stage = self.tiled.tiles[number], self.tiled.stage
        return stage.forward(*self.tiled.cut(tile), _corners(tile.inner), self._targets[number])

    def _tile_backward(self, number: int, gradients: OutputGradients) -> tf.Tensor:
        tile, stage = self.tiled.tiles[number], self.tiled.stage
        by_cell = gradients._replace(output=self.tiled.part_of(gradients.output, tile))
        checkpoints = self._checkpoints.pop(0)
        if checkpoints is None:
            *_, checkpoints = self._tile_forward(number)
        cell, targets = _corners(tile.inner), self._targets[number]
        return stage.backward(*self.tiled.cut(tile), cell, targets, by_cell, checkpoints)


def _with_smaller(gradient: tf.Tensor, by_smaller: tf.Tensor | None) -> tf.Tensor:
    """Add to the gradient by a picture, or a strip of it, that by the next level's."""
    if by_smaller is None:
        return gradient
    return gradient + unpooled(by_smaller, tf.shape(gradient), "average")


def _popped(gradient: Strips) -> Iterator[tf.Tensor]:
    """Yield the strips in order, each dropped from memory as soon as it is handed out."""
    for number in sorted(gradient):
        yield gradient.pop(number)


def _added(left: RegionMoments, right: RegionMoments) -> RegionMoments:
    return tuple(tuple(map(add, *layers)) for layers in zip(left, right, strict=True))


def _cut(picture: tf.Tensor, box: Box) -> tf.Tensor:
    """Return the pixels in ``box``; those outside the picture are from its opposite side."""
    height, width = picture.shape[1:3]
    if box.intersect(Box(0, 0, width, height)) == box:
        return picture[:, box.y : box.bottom, box.x : box.right]
    rows = tf.gather(picture, tf.range(box.y, box.bottom) % height, axis=1)
    return tf.gather(rows, tf.range(box.x, box.right) % width, axis=2)


def _corners(box: Box) -> tf.Tensor:
    return tf.constant([box.y, box.bottom, box.x, box.right], tf.int32)
