"""The objective at one scale: in one piece where memory allows, else in tiles."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from nst_server.engine.canvas.picture import WeightedStyle
from nst_server.engine.objective.tiled import TiledObjective
from nst_server.engine.objective.tiling import Tiling
from nst_server.engine.objective.whole import Objective, Targets

_log = logging.getLogger(__name__)


class ScaleObjective:
    """The objective of pictures of one size, computed whole or in tiles.

    If memory runs out in spite of the estimate, first no checkpoints of tiles are kept, then tiles
    are halved, and the step is done again; the result is the same.
    """

    def __init__(
        self,
        objective: Objective,
        content: tf.Tensor,
        styles: Sequence[Sequence[WeightedStyle]],
        importance: tf.Tensor | None,
        *,
        tiling: Tiling | None,
    ) -> None:
        """``styles`` are those of each level; ``tiling`` is None for one piece."""
        self._objective = objective
        self._content = content
        self._styles = styles
        self._importance = importance
        self._tiling = tiling
        self._targets: Any  # `Targets` or `TiledTargets`, as the pieces need
        self._prepare()

    @property
    def is_whole(self) -> bool:
        """True while pictures go through in one piece."""
        return self._tiling is None

    @property
    def targets(self) -> Targets:
        """Targets of pictures in one piece; only while it `is_whole`."""
        assert self.is_whole
        return self._targets  # type: ignore[no-any-return]

    def gradient(self, picture: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Like `Objective.gradient`. Raises ResourceExhaustedError if nothing takes less memory."""
        while True:
            try:
                return self._pieces.gradient(picture, self._targets, weights, self._importance)
            except tf.errors.ResourceExhaustedError:
                less = self._with_less()
                if less is None:
                    raise
            # Outside the handler: the error is gone now, with all that its frames held in memory.
            self._tiling = less
            self._prepare()

    def _prepare(self) -> None:
        while True:
            self._pieces = (
                self._objective
                if self._tiling is None
                else TiledObjective(self._objective, self._tiling)
            )
            try:
                self._targets = self._pieces.targets(self._content, self._styles, self._importance)
                return
            except tf.errors.ResourceExhaustedError:
                less = self._with_less()
                if less is None:
                    raise
            self._tiling = less

    def _with_less(self) -> Tiling | None:
        """Return a tiling that takes less memory; None if there is none."""
        height, width = self._content.shape[1:3]
        if self._tiling is None:
            stages = self._objective.stages
            tiling = Tiling(
                tuple(max(height, width) >> stage.shrinkage for stage in stages), keeps=False
            )
        else:
            tiling = self._tiling
        less = tiling.with_less()
        if less:
            _log.warning(
                "out of memory at %d×%d: going on in tiles of %d, with nothing kept of them",
                *(width, height, less.sides[0]),
            )
        return less
