"""Styles and their pixels: a picture file, a layer of an open image or a pattern."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from neural_style_gimp.i18n import _
from neural_style_gimp.image.downscaled import finish, shrinking
from neural_style_gimp.image.flattened import flattened
from neural_style_gimp.image.gimp import Babl, Gimp, Gio
from neural_style_gimp.image.opened_file import put_right
from neural_style_gimp.image.pixbufs import without_alpha
from neural_style_gimp.image.pixels import color_format, get, release
from neural_style_gimp.image.target import refusal
from nst_server.values.errors import NeuralStyleError
from nst_server.values.geometry import Box, fit_within
from nst_server.wire.order import Raster

LONGEST_SIDE = 2048
"""Longest side, in pixels, to which style pictures are reduced: more tells no more of strokes."""

PATTERN_SIDE = 256
"""Least side, in pixels, to which a pattern is repeated, so that the borders of its tile count
little."""


@dataclass(frozen=True)
class FileStyle:
    """A picture file, of any kind that GIMP opens."""

    file: Any
    """A `Gio.File`."""


@dataclass(frozen=True)
class LayerStyle:
    """A layer, or another drawable, of an open image."""

    layer: Any


@dataclass(frozen=True)
class PatternStyle:
    """One of GIMP's patterns."""

    pattern: Any


StyleSource = FileStyle | LayerStyle | PatternStyle
"""A style as the user chose it."""


@dataclass(frozen=True)
class StylePicture:
    """A style's pixels as they travel, and its name."""

    name: str
    raster: Raster


def load_style(style: StyleSource, longest: int = LONGEST_SIDE) -> StylePicture:
    """Return the picture of a style, each side at most ``longest`` pixels.

    Raises `NeuralStyleError` if there is none.
    """
    match style:
        case FileStyle(file=file):
            return _of_file(file, longest)
        case LayerStyle(layer=layer):
            return finish(layer_steps(layer, longest))
        case PatternStyle(pattern=pattern):
            return _of_pattern(pattern)


def layer_steps(layer: Any, longest: int = LONGEST_SIDE) -> Generator[None, None, StylePicture]:
    """Read a layer's picture in short steps, as it is seen through its filters and its mask.

    Raises `NeuralStyleError` if the layer is deleted, before or meanwhile.
    """
    if not layer.is_valid():
        raise refusal(
            _("The layer chosen as the style no longer exists."),
            _("Choose another one."),
        )
    name = str(layer.get_name())
    with flattened(layer, masked=True) as flat:
        box = Box(0, 0, flat.get_width(), flat.get_height())
        alpha = flat.has_alpha()
        size = fit_within(box.width, box.height, (longest, longest))
        data = yield from shrinking(flat, box, size, alpha=alpha)
    return _picture(name, *size, alpha=alpha, data=data)


def file_name(file: Any) -> str:
    """Return the name of ``file`` for people, in UTF-8: GIMP could show nothing else."""
    name = file.get_parse_name() if file.get_basename() is None else file.get_basename()
    return presentable(str(name))


def presentable(name: str) -> str:
    """Return a name with ``?`` for bytes that are not UTF-8, as from another system's archive."""
    return name.encode("utf-8", "replace").decode()


def _picture(name: str, width: int, height: int, *, alpha: bool, data: bytes) -> StylePicture:
    return StylePicture(name, Raster(width, height, 4 if alpha else 3, "uint8", data))


def _of_file(file: Any, longest: int) -> StylePicture:
    """Return what is seen of a picture file: of pages and frames the first."""
    name = file_name(file)
    with _opened(file, name) as image:
        put_right(image, file)
        width, height = fit_within(image.get_width(), image.get_height(), (longest, longest))
        if (width, height) != (image.get_width(), image.get_height()):
            image.scale(width, height)
        layer = image.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
        if layer is None:
            raise NeuralStyleError(
                "bad-image",
                _("The style picture {name} has no visible layer.").format(name=name),
                _("Choose another picture."),
            )
        box = Box(0, 0, layer.get_width(), layer.get_height())
        data = get(layer.get_buffer(), box, color_format("uint8", True))
        release()
    alpha = bool(data[3::4].strip(b"\xff"))  # merged layers have one, if only an opaque one
    colors = data if alpha else without_alpha(data)
    return _picture(PurePath(name).stem, box.width, box.height, alpha=alpha, data=colors)


def _of_pattern(pattern: Any) -> StylePicture:
    if not pattern.is_valid():
        raise refusal(
            _("The pattern chosen as the style no longer exists."),
            _("Choose another one."),
        )
    __, width, height, channels = pattern.get_info()
    alpha = channels in (2, 4)
    format = color_format("uint8", alpha)
    buffer = pattern.get_buffer(width, height, Babl.format(format))
    tile = get(buffer, Box(0, 0, width, height), format)
    del buffer
    release()
    across, down = (-(-PATTERN_SIDE // side) for side in (width, height))
    row = width * (4 if alpha else 3)
    rows = (tile[start : start + row] * across for start in range(0, len(tile), row))
    data = b"".join(rows) * down
    name = str(pattern.get_name())
    return _picture(name, width * across, height * down, alpha=alpha, data=data)


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
