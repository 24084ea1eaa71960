"""A layer as it is displayed: its pixels with the filters that GIMP applies on top of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from neural_style_gimp.image.gimp import Gimp


def is_filtered(drawable: Any) -> bool:
    """True if it is displayed with filters, whose effect is not in its own pixels."""
    return drawable.is_valid() and any(
        layer_filter.get_visible() for layer_filter in drawable.get_filters()
    )


@contextmanager
def flattened(drawable: Any, *, masked: bool = False) -> Iterator[Any]:
    """A drawable of the same size with the pixels of ``drawable`` as they are displayed.

    It is ``drawable`` itself if nothing changes its pixels. ``masked`` applies the layer's mask.
    """
    is_layer = drawable.is_valid() and isinstance(drawable, Gimp.Layer)
    mask = drawable.get_mask() if is_layer else None
    masked = masked and mask is not None and drawable.get_apply_mask()
    if not masked and not is_filtered(drawable):
        yield drawable
        return
    source = drawable.get_image()
    base = source.get_base_type()
    image = Gimp.Image.new_with_precision(
        drawable.get_width(),
        drawable.get_height(),
        Gimp.ImageBaseType.RGB if base == Gimp.ImageBaseType.INDEXED else base,
        source.get_precision(),
    )
    try:
        image.undo_disable()
        if (profile := source.get_color_profile()) is not None:  # GIMP 3.0 shows None as an error
            image.set_color_profile(profile)
        copy = Gimp.Layer.new_from_drawable(drawable, image)
        image.insert_layer(copy, None, 0)
        if copy.get_mask() is not None and not masked:
            copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
        copy.set_offsets(0, 0)
        copy.set_visible(True)
        copy.set_opacity(100)
        copy.set_mode(Gimp.LayerMode.NORMAL)
        # Only merging turns groups, text and locked layers into plain pixels too.
        yield image.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    finally:
        image.delete()
