"""Paint the image in the window, or two layers of it, but without windows of the plug-in."""

import inside
from gi.repository import Gimp


def main(style, two=False, **arguments):
    image = Gimp.get_images()[0]
    layers = image.get_selected_layers()
    if two:
        layers.append(layers[0].copy())
        image.insert_layer(layers[1], None, 0)
    result, _ = inside.paint(image, layers, style, **arguments)
    Gimp.displays_flush()
    return result
