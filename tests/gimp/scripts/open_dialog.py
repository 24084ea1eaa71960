"""Open the plug-in's dialog on the image in the window; what came of it in the end."""

import inside
from gi.repository import Gimp


def main(style=None, **arguments):
    image = Gimp.get_images()[0]
    result, _ = inside.paint(
        image, image.get_selected_layers(), style, run_mode=Gimp.RunMode.INTERACTIVE, **arguments
    )
    Gimp.displays_flush()
    return result
