"""Styles by region: each style with the region in which it is painted, at the size of a scale."""

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
    WeightedStyle,
    fill_transparent,
    resize,
    shrink_weight,
)
from nst_server.engine.planning.schedule import style_size
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
    """Return the regions of the content, and each style with the number of its region.

    Styles without a mask are painted where no other style's mask is. If no style has a mask, or a
    single region is everywhere, there are no regions and all styles are painted everywhere. A
    region that is invisible through ``layers``, the selection and the alpha, has no statistics and
    is left out with its styles. Raises `NeuralStyleError` ``bad-image`` if all regions are left
    out.
    """
    masks = [style.mask for style in styles if style.mask is not None]
    if not masks:
        return (), [StyleInRegion(style.picture, style.weight, 0) for style in styles]
    regions = [*masks]
    if len(masks) < len(styles):
        regions.append(1.0 - np.maximum.reduce(masks))
    opacities = [layer for layer in layers if layer is not None]
    visible = [
        number
        for number, region in enumerate(regions)
        if float(math.prod(opacities, start=region).max(initial=0.0)) > 0.0
    ]
    numbers = iter(range(len(masks)))
    placed = [
        StyleInRegion(
            style.picture, style.weight, len(masks) if style.mask is None else next(numbers)
        )
        for style in styles
    ]
    if not visible:
        raise NeuralStyleError(
            "bad-image",
            "No style has its region inside the painted area.",
            "Choose larger masks for the styles, or another selection.",
        )
    painted = [
        replace(style, region=visible.index(style.region))
        for style in placed
        if style.region in visible
    ]
    if len(visible) == 1 and float(regions[visible[0]].min()) >= 1.0:
        return (), painted
    return tuple(regions[number] for number in visible), painted


def matched(style: Picture, content: Picture) -> Picture:
    """Return the style with the content's palette."""
    return Picture(matched_palette(style, content), style.alpha)


def scaled(
    styles: Sequence[StyleInRegion], content: tuple[int, int], settings: Settings
) -> list[WeightedStyle]:
    """Return the styles at the size that suits a content's width and height, weighted by alpha."""

    def at_scale(style: StyleInRegion) -> WeightedStyle:
        size = style_size(style.picture.size, content, settings.brush_size)
        picture = resize(fill_transparent(style.picture), *size)
        alpha = style.picture.alpha
        if alpha is not None and float(alpha.min()) >= 1.0:
            alpha = None  # weights of one would not stay exactly one when shrunk
        weight = None if alpha is None else shrink_weight(alpha, *size)
        return WeightedStyle(picture, weight, style.weight, style.region)

    return [at_scale(style) for style in styles]
