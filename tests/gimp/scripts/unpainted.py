"""A run without strength: what of depth, colours beyond sRGB and light beyond white it keeps."""

import random
import struct

import inside
from gi.repository import Gegl, Gimp, Gio

WIDTH, HEIGHT = 2048, 16
LAB = "CIE Lab float"


def main(style, precision, adobe=False, base="RGB", ramp=True, profile=None, **arguments):
    image = inside.image(WIDTH, HEIGHT, base, precision)
    if adobe:
        image.set_color_profile(Gimp.ColorProfile.new_rgb_adobe())
    if profile:
        image.set_color_profile(Gimp.ColorProfile.new_from_file(Gio.File.new_for_path(profile)))
    kind = Gimp.ImageType.GRAY_IMAGE if base == "GRAY" else Gimp.ImageType.RGB_IMAGE
    layer = Gimp.Layer.new(image, "ramp", WIDTH, HEIGHT, kind, 100, Gimp.LayerMode.NORMAL)
    rectangle = Gegl.Rectangle.new(0, 0, WIDTH, HEIGHT)
    buffer = layer.get_buffer()
    count = WIDTH * HEIGHT
    if ramp:
        values = struct.pack(f"<{count}f", *(number / (count - 1) for number in range(count)))
        buffer.set(rectangle, "Y' float", values)
    else:  # all colours that the image can have, those beyond sRGB too
        chance = random.Random(1)
        values = [chance.uniform(-0.3, 1.2) for _ in range(3 * count)]
        buffer.set(rectangle, "R'G'B' float", struct.pack(f"<{3 * count}f", *values))
    buffer.flush()
    del buffer
    image.insert_layer(layer, None, 0)
    before = inside.native(layer)
    result, painted = inside.paint(image, [layer], style, strength=0.0, **arguments)
    told = {"result": result}
    if painted is not None:
        told |= {
            "levels before": levels(layer),
            "levels": levels(painted),
            "same": inside.native(painted) == before,
            "difference": difference(layer, painted),
        }
    image.delete()
    return told


def levels(layer):
    return len(set(struct.unpack(f"<{WIDTH * HEIGHT}f", inside.read(layer, "Y' float"))))


def difference(one, other):
    """Mean distance of colours, as CIE 1976 has it."""
    first, second = (struct.iter_unpack("<3f", inside.read(layer, LAB)) for layer in (one, other))
    distances = [
        sum((a - b) ** 2 for a, b in zip(left, right, strict=True)) ** 0.5
        for left, right in zip(first, second, strict=True)
    ]
    return sum(distances) / len(distances)
