"""The canvas: the content, the mask of what may change, and the way from painting to result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_server.engine.canvas.color import with_chroma_of
from nst_server.engine.canvas.guided_upsampling import enlarge
from nst_server.engine.canvas.margin import with_margin
from nst_server.engine.canvas.periodic import periodic
from nst_server.engine.canvas.picture import (
    Array,
    Picture,
    extended,
    fill_transparent,
    resize,
    shrink_weight,
)
from nst_server.engine.canvas.strips import cut, joined
from nst_server.engine.planning.schedule import Scale

_SMALL = 512
"""Longest side, in pixels, of the canvas that previews are made from."""


@dataclass(frozen=True)
class View:
    """The canvas at the size of one scale; all 1 × height × width × channels."""

    content: tf.Tensor
    mask: tf.Tensor | None
    """Opacity of the painting over the content; None for 1 everywhere."""
    importance: tf.Tensor | None
    """Weight of each pixel, for the content and then for each region; None for equal weights."""

    def with_margin(self, scale: Scale) -> View:
        """Return the view with the scale's margin of mirrored pixels."""

        def wider(values: tf.Tensor | None) -> tf.Tensor | None:
            return None if values is None else with_margin(values, scale)

        return View(wider(self.content), wider(self.mask), wider(self.importance))

    def seen(self, painting: tf.Tensor) -> tf.Tensor:
        """Return the visible picture: the painting through the mask, over the content."""
        if self.mask is None:
            return painting
        return painting * self.mask + self.content * (1.0 - self.mask)


@dataclass(frozen=True)
class Canvas:
    """The content, the selection's soft mask, the regions of styles, and the choice of colors."""

    picture: Picture
    content: tf.Tensor
    """1 × height × width × 3: the picture with transparent pixels filled from around them; if it
    wraps, its sides are made to meet."""
    mask: Array | None
    """Mask of the pixels that may change, height × width; None for all."""
    colors: str
    regions: tuple[Array, ...] = ()
    """Masks of the regions of styles, height × width each; empty for one region everywhere."""
    wraps: bool = False
    """True if the right side of the result continues on its left, the bottom on the top."""

    @classmethod
    def of(
        cls,
        picture: Picture,
        mask: Array | None,
        colors: str,
        regions: tuple[Array, ...] = (),
        wraps: bool = False,
    ) -> Canvas:
        """Make a canvas. Drop ``picture`` then: a large one should be in memory only once."""
        filled = fill_transparent(picture)
        mask, alpha = (
            None if weight is None or float(weight.min()) >= 1.0 else weight
            for weight in (mask, picture.alpha)
        )
        shown = periodic(filled) if wraps and mask is None else filled
        # In strips: on its way into a tensor an array is copied by malloc as well.
        content = joined(cut(shown[np.newaxis]))
        # The picture itself is needed only if parts of it stay that differ from the content.
        is_content = shown is picture.rgb or (mask is None and alpha is None)
        rgb = np.asarray(content[0]) if is_content else picture.rgb
        return cls(Picture(rgb, alpha), content, mask, colors, regions, wraps)

    @cached_property
    def _importance(self) -> Array | None:
        layers = [layer for layer in (self.mask, self.picture.alpha) if layer is not None]
        return np.multiply.reduce(layers) if layers else None

    @cached_property
    def _small(self) -> Canvas:
        """The canvas for previews, so that a large content is not shrunk again for each."""
        width, height = self.picture.size
        factor = _SMALL / max(width, height)
        if factor >= 1:
            return self
        size = max(1, round(width * factor)), max(1, round(height * factor))
        view = self.view(*size)
        mask = None if view.mask is None else view.mask[0, ..., 0].numpy()
        return Canvas.of(Picture(view.content[0].numpy()), mask, self.colors)

    def view(self, width: int, height: int) -> View:
        """The canvas shrunk to the size of a scale."""

        def shrunk(weight: Array | None) -> tf.Tensor | None:
            return None if weight is None else shrink_weight(weight, width, height)

        content = resize(self.content, width, height)
        importance = shrunk(self._importance)
        if importance is not None or self.regions:
            whole = tf.ones_like(content[..., :1]) if importance is None else importance
            by_region = [whole * shrunk(region) for region in self.regions] or [whole]
            importance = tf.concat([whole, *by_region], -1)
        return View(content, shrunk(self.mask), importance)

    def preview(self, painting: tf.Tensor, longest: int) -> npt.NDArray[np.uint8]:
        """Return the visible picture: height × width × 3, uint8, each side at most ``longest``."""
        height, width = painting.shape[1:3]
        factor = min(1.0, longest / max(width, height))
        size = max(1, round(width * factor)), max(1, round(height * factor))
        view = (self._small if longest <= _SMALL else self).view(*size)
        painted = self._recolored(resize(painting, *size)[0].numpy(), view.content[0].numpy())
        visible = view.seen(painted[np.newaxis])
        return np.rint(np.asarray(visible[0]) * 255).astype(np.uint8)

    def finished(self, painting: tf.Tensor) -> Array:
        """Return the painting at the content's own size, height × width × 3 in [0, 1].

        Outside the mask and under transparent pixels, where nothing may change, it equals the
        content bit for bit; where the mask is soft, it is the painting, not yet blended.
        """
        result = self._recolored(self._at_full_size(painting), np.asarray(self.content[0]))
        if self._importance is None:
            return result
        return np.where(self._importance[..., np.newaxis] > 0, result, self.picture.rgb)

    def _at_full_size(self, painting: tf.Tensor) -> Array:
        if not self.wraps:
            return enlarge(painting, np.asarray(self.content[0]))
        # Enlarged with its surroundings, so that it still wraps.
        height, width = self.content.shape[1:3]
        margins = [
            _same_margins(small, large)
            for small, large in zip(painting.shape[1:3], (height, width), strict=True)
        ]
        (top, top_large), (left, left_large) = margins
        around = enlarge(
            extended(painting, top, left),
            extended(self.content, top_large, left_large)[0].numpy(),
        )
        return around[top_large : top_large + height, left_large : left_large + width]

    def _recolored(self, painted: Array, content: Array) -> Array:
        return with_chroma_of(painted, content) if self.colors == "content" else painted


def _same_margins(small: int, large: int) -> tuple[int, int]:
    """Return margins of at least 8 pixels, as nearly as possible in the proportion of the lengths.

    They are the best of a few: in exact proportion, the margins for lengths without a common
    divisor would be as long as the lengths.
    """

    def error(margin: int) -> float:
        return abs(margin * large / small - round(margin * large / small))

    margin = min(range(8, 129), key=error)
    return margin, round(margin * large / small)
