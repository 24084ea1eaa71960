"""The style picture, in any format that GIMP itself opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from neural_style_gimp.editor import Gimp, Gio
from neural_style_gimp.i18n import _
from neural_style_gimp.pixels import colour_format, get, release
from nst_server.errors import NeuralStyleError
from nst_server.geometry import Box, fit_within
from nst_server.job import PictureShape

LONGEST_SIDE = 2048
"""Style pictures are reduced to it: more pixels tell no more of the strokes."""


@dataclass(frozen=True)
class StylePicture:
    """A style as it travels, and what it is called."""

    name: str
    uri: str
    shape: PictureShape
    pixels: bytes


def load_style(file: Any, *, longest: int = LONGEST_SIDE) -> StylePicture:
    """Read and flatten ``file``. Raises `NeuralStyleError` in words if it is no picture."""
    name = file_name(file)
    with _opened(file, name) as image:
        return _flattened(image, name, PurePath(name).stem, file.get_uri(), longest)


def style_of_layer(drawable: Any) -> StylePicture:
    """The pixels of a layer of any open image. Raises `NeuralStyleError`."""
    source = drawable.get_image()
    image = Gimp.Image.new_with_precision(
        source.get_width(), source.get_height(), Gimp.ImageBaseType.RGB, source.get_precision()
    )
    name = drawable.get_name()
    try:
        layer = Gimp.Layer.new_from_drawable(drawable, image)
        image.insert_layer(layer, None, 0)
        layer.set_visible(True)
        image.resize_to_layers()
        return _flattened(image, f"“{name}”", name, "", LONGEST_SIDE)
    finally:
        image.delete()


def _flattened(image: Any, called: str, name: str, uri: str, longest: int) -> StylePicture:
    """What is seen of a whole image, reduced to ``longest``."""
    width, height = fit_within(image.get_width(), image.get_height(), (longest, longest))
    if (width, height) != (image.get_width(), image.get_height()):
        image.scale(width, height)
    layer = image.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    if layer is None:
        raise NeuralStyleError(
            "bad-image",
            _("The style picture {name} has no visible layer.").format(name=called),
            _("Choose another picture."),
        )
    alpha = layer.has_alpha()
    shape = PictureShape(layer.get_width(), layer.get_height(), 4 if alpha else 3, "uint8")
    box = Box(0, 0, shape.width, shape.height)
    pixels = get(layer.get_buffer(), box, colour_format("uint8", alpha))
    release()
    return StylePicture(name, uri, shape, pixels)


def mixed(
    first: StylePicture, second: StylePicture | None, share: float
) -> list[tuple[StylePicture, float]]:
    """The styles with their weights; ``share`` is the second's, in percent."""
    if second is None or share <= 0:
        return [(first, 1.0)]
    if share >= 100:
        return [(second, 1.0)]
    return [(first, 1 - share / 100), (second, share / 100)]


@contextmanager
def _opened(file: Any, name: str) -> Iterator[Any]:
    kind = file.query_file_type(Gio.FileQueryInfoFlags.NONE, None)
    if kind == Gio.FileType.DIRECTORY:
        raise NeuralStyleError(
            "bad-image",
            _("{name} is a folder.").format(name=name),
            _("Choose a picture file as the style."),
        )
    if kind == Gio.FileType.UNKNOWN and file.is_native():
        raise NeuralStyleError(
            "bad-image",
            _("There is no style picture {name}.").format(name=name),
            _("Choose another picture."),
        )
    Gimp.get_plug_in().set_pdb_error_handler(Gimp.PDBErrorHandler.PLUGIN)
    try:
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    finally:
        Gimp.get_plug_in().set_pdb_error_handler(Gimp.PDBErrorHandler.INTERNAL)
    if image is None:
        raise NeuralStyleError(
            "bad-image",
            _("GIMP cannot open {name} as a picture: it is of no known kind, or damaged.").format(
                name=name
            ),
            _("Choose another picture as the style."),
        )
    try:
        yield image
    finally:
        image.delete()


def file_name(file: Any) -> str:
    """What people call ``file``."""
    return str(file.get_parse_name() if file.get_basename() is None else file.get_basename())
