"""A photograph in a window, at a size that is painted in seconds."""

import inside
from gi.repository import Gimp, Gio


def main(path):
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
    image.scale(400, 400)
    image.clean_all()
    Gimp.Display.new(image)
    Gimp.displays_flush()
    return inside.state(image)
