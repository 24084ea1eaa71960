"""Picture files as GIMP opens them: as the content, and as the style."""

from pathlib import Path

import inside
from gi.repository import Gimp, Gio


def main(what, **arguments):
    return {"content": content, "styles": styles, "export": export}[what](**arguments)


def content(path, pixels, style):
    """Paint a file at strength 0, and put what is seen of the new image into ``pixels``.

    Returns None for a file that GIMP does not open.
    """
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
    if image is None:
        return None
    image.policy_rotate(False)  # as File → Open does
    layer = image.get_layers()[-1]
    result, painted = inside.paint(image, [layer], style, strength=0.0, output="new-image")
    told = {"result": result}
    if painted is not None:
        Path(pixels).write_bytes(inside.read(painted, "R'G'B'A u8"))
        told["size"] = [painted.get_width(), painted.get_height()]
        painted.get_image().delete()
    image.delete()
    return told


def styles(paths, **arguments):
    """Digests of one photograph painted in the style of each file."""
    told = []
    for path in paths:
        image = inside.image()
        photo = inside.layer(image)
        result, painted = inside.paint(image, [photo], path, **arguments)
        told.append(inside.digest(painted) if painted is not None else result["message"])
        image.delete()
    return told


def export(path, target):
    """Save a file by GIMP with all that it writes beside a picture."""
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
    saved = Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(target), None)
    image.delete()
    return saved
