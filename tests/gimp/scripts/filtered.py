"""Layers with filters that GIMP applies for show: what of them is seen is painted."""

import inside
from gi.repository import Gimp


def main(style, base="RGB", precision="U8_NON_LINEAR", kind="layer", **arguments):
    """Paint a filtered layer at strength 0, which gives what was seen; then without its filter.

    ``kind`` is layer, masked, hidden (the filter) or group.
    """
    image = inside.image(160, 120, base, precision)
    photo = inside.layer(image, 140, 100, offset=(20, 20))
    if kind == "masked":
        mask = photo.create_mask(Gimp.AddMaskType.BLACK)
        photo.add_mask(mask)
        photo.set_edit_mask(False)
    target = photo
    if kind == "group":
        target = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(target, None, 0)
        image.reorder_item(photo, target, 0)
    plain = inside.read(photo, "R'G'B' u8")
    inverted = Gimp.DrawableFilter.new(target, "gegl:invert-gamma", "inverted")
    target.append_filter(inverted)
    inverted.set_visible(kind != "hidden")
    image.clean_all()
    before = inside.state(image)
    replaced, _ = inside.paint(image, [target], style, strength=0.0, output="replace", **arguments)
    untouched = inside.state(image) == before
    result, painted = inside.paint(image, [target], style, strength=0.0, **arguments)
    told = {"result": result, "replaced": replaced, "untouched": untouched}
    if painted is not None:
        seen = inside.read(painted, "R'G'B' u8")
        told |= {
            "filters": [len(each.get_filters()) for each in (target, painted)],
            "from plain": far(seen, plain),
            "from inverted": far(seen, bytes(255 - value for value in plain)),
        }
    image.delete()
    return told


def far(one, other):
    return max(abs(a - b) for a, b in zip(one, other, strict=True))
