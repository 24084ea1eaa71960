"""Do something to the image in the window, as a user may while it is painted."""

import inside
from gi.repository import Gimp


def main(what):
    """The image's state after that."""
    image = min(Gimp.get_images(), key=Gimp.Image.get_id)
    DEEDS[what](image, image.get_selected_layers()[0])
    Gimp.displays_flush()
    return inside.state(image)


def resize(image, layer):
    image.scale(390, 390)


def rotate(image, layer):
    layer.scale(400, 300, False)
    layer.transform_rotate_simple(Gimp.RotationType.DEGREES90, True, 0, 0)


def delete(image, layer):
    image.remove_layer(layer)


def choose_two(image, layer):
    copy = layer.copy()
    image.insert_layer(copy, None, 1)
    image.set_selected_layers([layer, copy])


def delete_upper(image, layer):
    image.remove_layer(image.get_layers()[0])


def edit(image, layer):
    layer.invert(True)


DEEDS = {
    "resize": resize,
    "rotate": rotate,
    "delete": delete,
    "choose_two": choose_two,
    "delete_upper": delete_upper,
    "edit": edit,
}
