"""What the image in the window is like now."""

import inside
from gi.repository import Gimp


def main():
    image = Gimp.get_images()[0]
    return {
        **inside.state(image),
        "described": [inside.described(layer) for layer in image.get_layers()],
        "images": len(Gimp.get_images()),
    }
