"""Paint the image in the window, but without windows of the plug-in."""

import inside
from gi.repository import Gimp


def main(style, **arguments):
    image = Gimp.get_images()[0]
    result, _ = inside.paint(image, image.get_selected_layers(), style, **arguments)
    Gimp.displays_flush()
    return result
