"""A layer with a mask of its own, painted whole or through a selection."""

import inside
from gi.repository import Gegl, Gimp


def main(style, select, applied, **arguments):
    image = inside.image(160, 120)
    photo = inside.layer(image, 140, 100, offset=(20, 20))
    mask = photo.create_mask(Gimp.AddMaskType.WHITE)
    photo.add_mask(mask)
    ramp = bytes(min(255, 2 * x) for x in range(140))
    buffer = mask.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, 140, 100), "Y u8", ramp * 100)
    buffer.flush()
    del buffer
    photo.set_apply_mask(applied)
    photo.set_edit_mask(False)
    if select:
        inside.select_ellipse(image, 40, 30, 80, 60)
    _, *box = photo.mask_intersect()
    x, y, width, height = box
    selection = inside.read(image.get_selection(), "Y float", [x + 20, y + 20, width, height])
    own = inside.read(mask, "Y float", box)
    result, painted = inside.paint(image, [photo], style, **arguments)
    told = {"result": result}
    if painted is not None:
        new = painted.get_mask()
        told |= {
            "mask": new is not None,
            "applied": painted.get_apply_mask(),
            "size": [painted.get_width(), painted.get_height()] == [width, height],
            "own": _far(inside.read(new, "Y float"), own),
            "selection": _far(inside.read(new, "Y float"), selection),
            "product": _far(inside.read(new, "Y float"), own, selection),
        }
    image.delete()
    return told


def _far(seen, *factors):
    """How far a mask is from the product of others, at most."""
    import struct
    from math import prod

    columns = [[value for (value,) in struct.iter_unpack("<f", each)] for each in (seen, *factors)]
    return max(abs(value - prod(rest)) for value, *rest in zip(*columns, strict=True))
