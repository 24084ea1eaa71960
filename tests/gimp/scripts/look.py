"""What an image is like now, and the windows' images in all."""

import inside
from gi.repository import Gimp


def main(which=0):
    """``which`` counts from the oldest image."""
    images = sorted(Gimp.get_images(), key=Gimp.Image.get_id)
    return {
        **inside.state(images[which]),
        "described": [inside.described(layer) for layer in images[which].get_layers()],
        "images": len(images),
    }
