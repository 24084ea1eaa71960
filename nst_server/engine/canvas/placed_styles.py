"""Styles by region: each style with the region it is painted in, at the size of a scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nst_server.engine.canvas.color import matched_palette
from nst_server.engine.canvas.picture import (
    Array,
    Picture,
    Style,
    WeighedStyle,
    fill_transparent,
    resize,
    shrink_weight,
)
from nst_server.engine.planning.schedule import Scale, style_size
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings


@dataclass(frozen=True)
class StyleInRegion:
    """A style with the number of the region in which it is painted."""

    picture: Picture
    weight: float
    region: int


def regions_of(
    styles: Sequence[Style], layers: Sequence[Array | None]
) -> tuple[tuple[Array, ...], list[StyleInRegion]]:
    """The regions of the content, and each style with the number of its region.

    Styles without a mask are painted where no other style's mask is; if none has one, or one
    region is everywhere, there are no regions and all are painted everywhere. A region that is
    invisible through ``layers``, the selection and the alpha, has no statistics and is left out
    with its styles. Raises `NeuralStyleError` ``bad-image`` if all are.
    """
    masks = [style.mask for style in styles if style.mask is not None]
    if not masks:
        return (), [StyleInRegion(style.picture, style.weight, 0) for style in styles]
    regions = [*masks]
    if len(masks) < len(styles):
        regions.append(1.0 - np.maximum.reduce(masks))
    visible = [layer for layer in layers if layer is not None]
    kept = [
        number
        for number, region in enumerate(regions)
        if float(math.prod(visible, start=region).max(initial=0.0)) > 0.0
    ]
    numbers = iter(range(len(masks)))
    placed = [
        StyleInRegion(
            style.picture, style.weight, len(masks) if style.mask is None else next(numbers)
        )
        for style in styles
    ]
    if not kept:
        raise NeuralStyleError(
            "bad-image",
            "Nothing that is painted is in the region of a style.",
            "Choose larger masks for the styles, or another selection.",
        )
    painted = [
        replace(style, region=kept.index(style.region)) for style in placed if style.region in kept
    ]
    if len(kept) == 1 and float(regions[kept[0]].min()) >= 1.0:
        return (), painted
    return tuple(regions[number] for number in kept), painted


def matched(style: Picture, content: Picture) -> Picture:
    """The style with the content's palette."""
    return Picture(matched_palette(style, content), style.alpha)


def scaled(styles: Sequence[StyleInRegion], scale: Scale, settings: Settings) -> list[WeighedStyle]:
    """The styles at the size that suits the scale, weighed by their alpha."""

    def at_scale(style: StyleInRegion) -> WeighedStyle:
        size = style_size(style.picture.size, (scale.width, scale.height), settings.brush_size)
        picture = resize(fill_transparent(style.picture), *size)
        alpha = style.picture.alpha
        if alpha is not None and float(alpha.min()) >= 1.0:
            alpha = None  # weights of one are not quite that any more when they are shrunk
        weight = None if alpha is None else shrink_weight(alpha, *size)
        return WeighedStyle(picture, weight, style.weight, style.region)

    return [at_scale(style) for style in styles]
