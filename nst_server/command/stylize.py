"""``nst stylize``: turn a picture file into a painting."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from contextlib import closing

from nst_server.command import folder
from nst_server.command.arguments import check_streams, texture_size
from nst_server.command.chosen_backend import chosen_backend
from nst_server.command.console import Console
from nst_server.command.painted_file import write_painted
from nst_server.command.request_pictures import RequestPictures
from nst_server.command.stylize_request import StylizeRequest, check_single, request_from
from nst_server.command.trace import tracing
from nst_server.host.home import Home
from nst_server.pictures.picture_file import PictureFile, plain
from nst_server.pictures.reading import reader
from nst_server.pictures.samples import Samples
from nst_server.pictures.writing import writer
from nst_server.studio.backend import finished
from nst_server.studio.chatter import without_chatter
from nst_server.studio.job_pictures import JobPictures
from nst_server.wire.events import Event, Finished, Painting


def run(arguments: argparse.Namespace, home: Home) -> int:
    """Paint. Raises `NeuralStyleError`; an output file appears whole or not at all.

    A painting that cannot be written to its place is saved elsewhere, and the error says where.
    """
    check_streams(arguments)
    if folder.is_meant(arguments):
        return folder.run(arguments, home)
    check_single(arguments)
    request = request_from(arguments)
    with without_chatter():
        pictures = _read(request, arguments)
    order = pictures.order(request.settings)
    console = Console(quiet=arguments.quiet or arguments.json)
    with console, tracing(arguments.trace) as trace:

        def tell(event: Event) -> None:
            console.show(event)
            if isinstance(event, Painting):
                trace(event.progress.to_wire())

        with closing(chosen_backend(arguments, home, console)) as backend:
            painted = finished(backend.run(order), tell)
    samples, recipe = pictures.result(painted), request.recipe(painted)
    notes = write_painted(arguments.output, samples, pictures.content, recipe, home)
    if arguments.sheet is not None:
        _write_sheet(pictures, samples, request, arguments)
    _tell(painted, notes, arguments, console)
    return 0


def _read(request: StylizeRequest, arguments: argparse.Namespace) -> JobPictures:
    """Read every picture; the content of a texture has one color. Raises `NeuralStyleError`."""
    if arguments.texture is None:
        content = reader.read(arguments.contents[0])
        pictures = RequestPictures.of(request)
    else:
        size = texture_size(arguments.texture)
        pictures = RequestPictures.of(request)
        content = plain(*size, pictures.styles[0])
    writer.check_fits(arguments.output, content)
    return pictures.with_content(content)


def _write_sheet(
    pictures: JobPictures, samples: Samples, request: StylizeRequest, arguments: argparse.Namespace
) -> None:
    from nst_server.pictures.contact_sheet import contact_sheet

    pairs = zip(pictures.styles, request.styles, strict=True)
    panels = [(style.picture.image(), f"Style: {wanted.path.name}") for style, wanted in pairs]
    for content in arguments.contents:
        panels.insert(0, (pictures.content.image(), f"Content: {content.name}"))
    panels.append((PictureFile(samples).image(), f"Result: {arguments.output.name}"))
    writer.write_image(arguments.sheet, contact_sheet(panels))


def _tell(
    painted: Finished, notes: Iterable[str], arguments: argparse.Namespace, console: Console
) -> None:
    if not arguments.quiet:
        for note in notes:
            print(note, file=sys.stderr)
    if arguments.json:
        print(json.dumps({"output": str(arguments.output), **painted.report.to_wire()}))
    elif not arguments.quiet:
        console.finished(arguments.output, painted.report)
