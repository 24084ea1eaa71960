"""A layer of any size through a run that paints nothing; every pixel must come back."""

import struct
import time

import inside
from gi.repository import Gegl, Gimp

ROWS = 100
DEPTHS = {"u8": ("B", 255), "u16": ("H", 65535), "float": ("f", 1)}


def main(style, width, height, precision, **arguments):
    """What came of it, and how many strips of the layer differ."""
    image = inside.image(width, height, "RGB", precision)
    layer = Gimp.Layer.new(
        image, "huge", width, height, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL
    )
    depth = precision.partition("_")[0].lower()
    buffer = layer.get_buffer()
    for number, y in enumerate(range(0, height, ROWS)):
        row = b"".join(_pixel(x, number, depth) for x in range(width))
        rectangle = Gegl.Rectangle.new(0, y, width, ROWS)
        buffer.set(rectangle, f"R'G'B'A {depth}", row * ROWS)
    buffer.flush()
    del buffer
    image.insert_layer(layer, None, 0)
    begun = time.monotonic()
    result, painted = inside.paint(image, [layer], style, strength=0.0, **arguments)
    told = {"result": result, "seconds": time.monotonic() - begun}
    if painted is not None:
        boxes = [[0, y, width, ROWS] for y in range(0, height, ROWS)]
        told["differ"] = sum(
            inside.read(layer, None, box) != inside.read(painted, None, box) for box in boxes
        )
    image.delete()
    return told


def _pixel(x, number, depth):
    code, scale = DEPTHS[depth]
    values = x % 251 / 251, number % 97 / 97, (x + number) % 127 / 127, 1
    if scale == 1:
        return struct.pack("<4f", *values)
    return struct.pack(f"<4{code}", *(int(value * scale) for value in values))
