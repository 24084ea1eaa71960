"""Text, link and vector layers of GIMP 3.2, replaced before and after they are rasterized."""

from pathlib import Path

import inside
from gi.repository import Gimp, Gio


def main(kind, style, folder, **arguments):
    """Result of replacing; and whether the painting is there after saving and opening."""
    if not hasattr(Gimp, "Rasterizable"):
        return None
    image = inside.image()
    layer = {"text": text, "link": link, "vector": vector}[kind](image, style)
    image.insert_layer(layer, None, 0)
    if kind == "vector":
        layer.refresh()
    refused, _ = inside.paint(image, [layer], style, output="replace", **arguments)
    layer.rasterize()
    before = inside.digest(layer)
    result, _ = inside.paint(image, [layer], style, output="replace", **arguments)
    painted = inside.digest(layer)
    saved = Gio.File.new_for_path(str(Path(folder) / f"{kind}.xcf"))
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, saved, None)
    image.delete()
    again = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, saved)
    kept = inside.digest(again.get_layers()[0])
    again.delete()
    return {
        "refused": refused,
        "result": result,
        "changed": painted != before,
        "kept": kept == painted,
    }


def text(image, style):
    return Gimp.TextLayer.new(image, "words", Gimp.context_get_font(), 40, Gimp.Unit.pixel())


def link(image, style):
    return Gimp.LinkLayer.new(image, Gio.File.new_for_path(style))


def vector(image, style):
    path = Gimp.Path.new(image, "shape")
    image.insert_path(path, None, 0)
    corners = [10, 10, 100, 10, 100, 80, 10, 80]
    points = [n for x, y in zip(corners[::2], corners[1::2], strict=True) for n in [x, y] * 3]
    path.stroke_new_from_points(Gimp.PathStrokeType.BEZIER, points, True)
    return Gimp.VectorLayer.new(image, path)
