"""A picture of broad coloured strokes, saved as a file."""

import math

import inside
from gi.repository import Gimp, Gio


def main(path):
    image = inside.image(192, 192)
    layer = inside.layer(image, 192, 192)
    pixels = bytearray()
    for y in range(192):
        for x in range(192):
            wave = math.sin((x + 9 * math.sin(y / 11)) / 5) * math.cos(y / 17)
            pixels += bytes([int(128 + 120 * wave), int(110 - 60 * wave), int(140 - 110 * wave)])
    inside.write(layer, pixels, "R'G'B' u8")
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(path), None)
    image.delete()
