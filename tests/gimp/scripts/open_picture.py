"""An image in a window, with an ellipse selected."""

import inside
from gi.repository import Gimp


def main():
    image = inside.image(400, 300)
    inside.layer(image, 400, 300)
    inside.select_ellipse(image, 100, 60, 200, 150)
    Gimp.Display.new(image)
    Gimp.displays_flush()
    return inside.state(image)
