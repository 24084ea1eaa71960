"""``nst bench quality``: judge results by numbers, as a table, as JSON, and on a sheet."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.spool import Spool

if TYPE_CHECKING:
    from nst_server.bench.judge import Quality
    from nst_server.engine.canvas.picture import Picture
    from nst_server.pictures.picture_file import PictureFile

_COLUMNS = {
    "style_distance": "style",
    "content_distance": "content",
    "noise_ratio": "noise",
    "border_ratio": "border",
    "seam_ratio": "seam",
}
"""Figures of `Quality` that are shown for a result, with the headings of their columns."""

_SMALLEST = 8

_LEGEND = (
    "style: distance from the style at conv2 of each block of VGG16, 0 is the style\n"
    "content: distance from the content, 0 is the content\n"
    "noise: finest grain, 1 is as much as in the style\n"
    "border: edges within the border, 1 is as many as inside\n"
    "seam: step from each side to the opposite one, 1 is as between neighbors: it tiles"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``nst bench quality``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _LEGEND
    parser.add_argument("content", type=Path, help="The picture that was painted.")
    parser.add_argument("results", type=Path, nargs="+", metavar="result", help="What came out.")
    parser.add_argument(
        "--style",
        type=Path,
        action="append",
        required=True,
        dest="styles",
        metavar="FILE",
        help="A picture in whose style it was painted; several count alike.",
    )
    parser.add_argument("--json", action="store_true", help="Print one JSON object.")
    parser.add_argument(
        "--sheet",
        type=Path,
        metavar="FILE",
        help="Put content, styles and results with their numbers side by side into this picture.",
    )


def run(arguments: argparse.Namespace, home: Home) -> int:
    """Judge the results. Raises `NeuralStyleError`."""
    from nst_server.pictures.reading import reader
    from nst_server.pictures.writing import formats, output_file
    from nst_server.studio.chatter import without_chatter

    if arguments.sheet is not None:
        output_file.check_place(arguments.sheet)
        formats.format_of(arguments.sheet)
    with without_chatter():
        content = reader.read(arguments.content)
        styles = [reader.read(path) for path in arguments.styles]
        results = [reader.read(path) for path in arguments.results]
    judged = list(_judged(content, styles, results, home))
    if arguments.json:
        entries = [
            {"file": str(path), "style_distance": quality.style_distance, **asdict(quality)}
            for path, quality in zip(arguments.results, judged, strict=True)
        ]
        print(json.dumps({"results": entries}, allow_nan=False))
    else:
        print("\n".join(_table(arguments.results, judged)))
    if arguments.sheet is not None:
        _write_sheet(arguments, [content, *styles, *results], judged)
    return 0


def _judged(
    content: PictureFile, styles: Sequence[PictureFile], results: Sequence[PictureFile], home: Home
) -> Iterator[Quality]:
    from nst_server.studio.chatter import without_chatter

    with without_chatter():
        from nst_server.bench.judge import Judge

        judge = Judge(home.weights)
    for result in results:
        yield judge.judge(_floats(content), [_floats(style) for style in styles], _floats(result))


def _floats(picture: PictureFile) -> Picture:
    """Convert a picture for the engine. Raises `NeuralStyleError` ``bad-image`` if it is tiny."""
    from nst_server.engine.canvas.picture import Picture
    from nst_server.worker.arrays import read_picture

    shape = picture.shape
    if min(shape.width, shape.height) < _SMALLEST:
        raise NeuralStyleError(
            "bad-image",
            f"A picture of {shape.width}×{shape.height} pixels is too small to be judged.",
            f"Each side needs at least {_SMALLEST} pixels.",
        )
    return Picture(*read_picture(Spool.holding(picture.samples), shape))


def _table(files: Sequence[Path], judged: Sequence[Quality]) -> Iterator[str]:
    """Yield a heading and a line for each result."""
    width = max(len("result"), *(len(str(file)) for file in files))
    yield f"{'result':{width}}" + "".join(f"{heading:>9}" for heading in _COLUMNS.values())
    for file, quality in zip(files, judged, strict=True):
        numbers: list[Any] = [getattr(quality, name) for name in _COLUMNS]
        yield f"{file!s:{width}}" + "".join(f"{number:9.3f}" for number in numbers)


def _write_sheet(
    arguments: argparse.Namespace, shown: Sequence[PictureFile], judged: Sequence[Quality]
) -> None:
    from nst_server.pictures.contact_sheet import contact_sheet
    from nst_server.pictures.writing.writer import write_image

    captions = [f"Content: {arguments.content.name}"]
    captions += [f"Style: {style.name}" for style in arguments.styles]
    captions += [
        f"{file.name}\nstyle {quality.style_distance:.3f}, content {quality.content_distance:.3f}"
        f"\nnoise {quality.noise_ratio:.2f}, border {quality.border_ratio:.2f}, "
        f"seam {quality.seam_ratio:.2f}"
        for file, quality in zip(arguments.results, judged, strict=True)
    ]
    images = [picture.image() for picture in shown]
    write_image(arguments.sheet, contact_sheet(list(zip(images, captions, strict=True))))
