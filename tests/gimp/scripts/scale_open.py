"""Scale the image in the window, as a user may while it is painted."""

from gi.repository import Gimp


def main(side):
    Gimp.get_images()[0].scale(side, side)
    Gimp.displays_flush()
