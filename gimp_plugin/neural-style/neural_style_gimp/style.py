"""The style picture, in any format that GIMP itself opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from neural_style_gimp.editor import Gimp, Gio
from neural_style_gimp.pixels import Pixels, colour_format, read, release
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
    pixels: Pixels


def load_style(file: Any, *, longest: int = LONGEST_SIDE) -> StylePicture:
    """Read and flatten ``file``. Raises `NeuralStyleError` in words if it is no picture."""
    name = file_name(file)
    with _opened(file, name) as image:
        width, height = fit_within(image.get_width(), image.get_height(), (longest, longest))
        if (width, height) != (image.get_width(), image.get_height()):
            image.scale(width, height)
        layer = image.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
        if layer is None:
            raise NeuralStyleError(
                "bad-image",
                f"The style picture {name} has no visible layer.",
                "Choose another picture.",
            )
        alpha = layer.has_alpha()
        shape = PictureShape(layer.get_width(), layer.get_height(), 4 if alpha else 3, "uint8")
        box = Box(0, 0, shape.width, shape.height)
        pixels = read(layer.get_buffer(), box, colour_format("uint8", alpha))
        release()
    return StylePicture(PurePath(name).stem, file.get_uri(), shape, pixels)


@contextmanager
def _opened(file: Any, name: str) -> Iterator[Any]:
    kind = file.query_file_type(Gio.FileQueryInfoFlags.NONE, None)
    if kind == Gio.FileType.DIRECTORY:
        raise NeuralStyleError(
            "bad-image", f"{name} is a folder.", "Choose a picture file as the style."
        )
    if kind == Gio.FileType.UNKNOWN and file.is_native():
        raise NeuralStyleError(
            "bad-image", f"There is no style picture {name}.", "Choose another picture."
        )
    Gimp.get_plug_in().set_pdb_error_handler(Gimp.PDBErrorHandler.PLUGIN)
    try:
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    finally:
        Gimp.get_plug_in().set_pdb_error_handler(Gimp.PDBErrorHandler.INTERNAL)
    if image is None:
        raise NeuralStyleError(
            "bad-image",
            f"GIMP cannot open {name} as a picture: it is of no known kind, or damaged.",
            "Choose another picture as the style.",
        )
    try:
        yield image
    finally:
        image.delete()


def file_name(file: Any) -> str:
    """What people call ``file``."""
    return str(file.get_parse_name() if file.get_basename() is None else file.get_basename())
