"""An iterate: one step of a painting, whose pixels are computed only when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_server.engine.canvas.canvas import Canvas
from nst_server.engine.canvas.picture import Array, Picture
from nst_server.values.progress import Progress


@dataclass(frozen=True)
class Iterate:
    """One step of a painting. Ask for its pixels before the next iterate, which changes them.

    If the canvas is a picture, the result is that picture, unchanged.
    """

    progress: Progress
    canvas: Canvas | Picture = field(repr=False)
    painting: Callable[[], tf.Tensor] = field(repr=False)
    """Returns the painting, 1 × height × width × 3, at the size that is painted at now."""

    @classmethod
    def untouched(cls, content: Picture, seconds: float) -> Iterate:
        """The only iterate of a job that changes nothing: the content as it is."""
        progress = Progress.untouched(*content.size, seconds)
        return cls(progress, content, lambda: tf.convert_to_tensor(content.rgb)[tf.newaxis])

    def preview(self, longest: int) -> npt.NDArray[np.uint8]:
        """Return the painting so far: height × width × 3, uint8, each side at most ``longest``."""
        if isinstance(self.canvas, Picture):
            step = -(-max(self.canvas.size) // longest)
            return np.rint(self.canvas.rgb[::step, ::step] * 255).astype(np.uint8)
        return self.canvas.preview(self.painting(), longest)

    def result(self) -> Array:
        """Return the painting at the content's own size: height × width × 3, float32 in [0, 1]."""
        if isinstance(self.canvas, Picture):
            return self.canvas.rgb
        return self.canvas.finished(self.painting())
