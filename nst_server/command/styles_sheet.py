"""``nst styles``: one sheet of small drafts of a photograph, one for each style."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from nst_server.command.console import Failures, FolderConsole, print_failures
from nst_server.command.picture_list import is_folder, names_in
from nst_server.host.home import Home
from nst_server.pictures.contact_sheet import contact_sheet
from nst_server.pictures.picture_file import PictureFile, image_of
from nst_server.pictures.reading import reader
from nst_server.pictures.samples import eight_bits
from nst_server.pictures.streams import STANDARD_STREAM
from nst_server.pictures.writing import formats, output_file, writer
from nst_server.studio.backend import Backend, backend_for, finished
from nst_server.studio.chatter import without_chatter
from nst_server.studio.job_pictures import JobPictures, StyleInput
from nst_server.values.errors import OF_ONE_PICTURE, NeuralStyleError
from nst_server.values.palette import Palette
from nst_server.values.settings import Settings

SIDE = 256
"""Longest side of a draft, in pixels."""
_SETTINGS = Settings.of_preset("draft", size=SIDE)
_MOST_STYLES = 400
_PALETTE_SIDE = 48


def run(arguments: argparse.Namespace, home: Home) -> int:
    """Paint the drafts and write the sheet, those in colors like the photograph's first.

    Returns the exit code of the first style that failed, or 0. Raises `NeuralStyleError`.
    """
    output_file.check_place(arguments.output)
    formats.format_of(arguments.output)
    if not arguments.styles and not is_folder(home.styles):
        raise NeuralStyleError(
            "bad-usage",
            f"There are no styles in {home.styles}.",
            "Name pictures, or folders of them.",
        )
    paths = _paths(arguments.styles or [home.styles])
    failures: Failures = []
    with without_chatter():
        photo = _small(arguments.photo)
        styles = _by_palette(_read(paths, failures), photo)
    name = "Photograph" if arguments.photo == STANDARD_STREAM else arguments.photo.name
    panels = [(photo.image(), name)]
    console = FolderConsole(len(styles), quiet=arguments.quiet)
    with console, closing(backend_for(home, arguments.local, console.waiting)) as backend:
        for style in styles:
            console.begin(style.path)
            try:
                panels.append((_draft(backend, photo, style, console), style.path.name))
            except NeuralStyleError as error:
                if error.code not in OF_ONE_PICTURE:
                    raise
                failures.append((style.path, error))
    if len(panels) > 1:
        writer.write_image(arguments.output, contact_sheet(panels, columns=_columns(len(panels))))
    print_failures(failures)
    return failures[0][1].exit_code if failures else 0


@dataclass(frozen=True)
class _Style:
    path: Path
    picture: PictureFile


def _paths(places: Iterable[Path]) -> list[Path]:
    """The pictures that are named, and those in folders that are. Raises `NeuralStyleError`."""
    found = list(
        dict.fromkeys(
            path
            for place in places
            for path in (
                [place / name for name in names_in(place)] if is_folder(place) else [place]
            )
        )
    )
    if STANDARD_STREAM in found:
        raise NeuralStyleError(
            "bad-usage", "Styles are not read from standard input.", "Name files or folders."
        )
    if not found:
        raise NeuralStyleError(
            "bad-image", f"There are no pictures in {', '.join(map(str, places))}."
        )
    if len(found) > _MOST_STYLES:
        raise NeuralStyleError(
            "bad-usage",
            f"A sheet has room for {_MOST_STYLES} styles, and these are {len(found)}.",
            "Name some of them.",
        )
    return found


def _small(path: Path) -> PictureFile:
    """Read a picture at a draft's size, in 8 bits: drafts show no more of its strokes."""
    image = image_of(eight_bits(reader.read(path).samples))
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return PictureFile(np.asarray(image))


def _read(paths: Iterable[Path], failures: Failures) -> list[_Style]:
    styles = []
    for path in paths:
        try:
            styles.append(_Style(path, _small(path)))
        except NeuralStyleError as error:
            failures.append((path, error))
    return styles


def _by_palette(styles: Iterable[_Style], photo: PictureFile) -> list[_Style]:
    """Sort styles by how near their palettes are to the photograph's."""
    wanted = _palette(photo)

    def distance(style: _Style) -> float:
        return _palette(style.picture).distance(wanted)

    return sorted(styles, key=distance)


def _palette(picture: PictureFile) -> Palette:
    small = picture.image().convert("RGB")
    small.thumbnail((_PALETTE_SIDE, _PALETTE_SIDE))
    return Palette.of(small.tobytes())


def _draft(
    backend: Backend, photo: PictureFile, style: _Style, console: FolderConsole
) -> Image.Image:
    pictures = JobPictures(photo, (StyleInput(style.picture),))
    painted = finished(backend.run(pictures.order(_SETTINGS)), console.show)
    return image_of(pictures.result(painted))


def _columns(panels: int) -> int:
    """As many as make the sheet about as wide as high, but no fewer than four."""
    return max(4, math.isqrt(panels))
