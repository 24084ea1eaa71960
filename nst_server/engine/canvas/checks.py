"""Checks of the pictures of a job, before any work is done."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nst_server.engine.canvas.picture import Array, Picture, Style
from nst_server.values.errors import NeuralStyleError
from nst_server.values.geometry import MINIMUM_CONTENT_SIDE


def check(content: Picture, styles: Sequence[Style], mask: Array | None) -> None:
    """Raise `NeuralStyleError` ``bad-image`` if there is nothing to paint or to paint from."""
    width, height = content.size
    if min(width, height) < MINIMUM_CONTENT_SIDE:
        raise NeuralStyleError(
            "bad-image",
            "A picture of {width}×{height} pixels is too small to be painted.",
            "Each side needs at least {least} pixels.",
            width=width,
            height=height,
            least=MINIMUM_CONTENT_SIDE,
        )
    if mask is not None and float(mask.max(initial=0.0)) <= 0.0:
        raise NeuralStyleError(
            "bad-image",
            "The selection is empty, so there is nothing to paint.",
            "Select something.",
        )
    if mask is not None and content.alpha is not None and not (mask * content.alpha).any():
        raise NeuralStyleError(
            "bad-image",
            "The selection is transparent everywhere, so there is nothing to paint.",
            "Select something else.",
        )
    for picture in (content, *(style.picture for style in styles)):
        if not np.isfinite(picture.rgb).all():
            raise NeuralStyleError("bad-image", "The picture has values that are not numbers.")
        if picture.alpha is not None and float(picture.alpha.max(initial=0.0)) <= 0.0:
            raise NeuralStyleError(
                "bad-image",
                "The picture is transparent everywhere.",
                "Choose another one, or another part of it.",
            )
