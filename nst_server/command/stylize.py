"""``nst stylize``: turn a picture file into a painting."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from nst_server.command import folder
from nst_server.command.animated_result import AnimatedResult
from nst_server.command.arguments import check_streams, texture_size
from nst_server.command.chosen_backend import chosen_backend
from nst_server.command.console import Console
from nst_server.command.painted_file import Result, StillResult, write_painted
from nst_server.command.request_pictures import RequestPictures
from nst_server.command.stylize_request import StylizeRequest, check_single, request_from
from nst_server.command.trace import tracing
from nst_server.host.home import Home
from nst_server.pictures.animation_file import AnimationFile
from nst_server.pictures.picture_file import PictureFile, plain
from nst_server.pictures.reading import reader
from nst_server.pictures.samples import Samples
from nst_server.pictures.writing import formats, writer
from nst_server.studio.backend import finished
from nst_server.studio.chatter import without_chatter
from nst_server.studio.job_pictures import JobPictures
from nst_server.wire.events import Event, Finished, Painting
from nst_server.wire.order import Order


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
        animation, pictures, remarks = _read(request, arguments)
    console = Console(quiet=arguments.quiet or arguments.json)
    with console, tracing(arguments.trace) as trace:

        def tell(event: Event) -> None:
            console.show(event)
            if isinstance(event, Painting):
                trace(event.progress.to_wire())

        with closing(chosen_backend(arguments, home, console)) as backend:

            def paint(order: Order) -> Finished:
                return finished(backend.run(order), tell)

            if len(animation.frames) > 1:
                result: Result = AnimatedResult.of(
                    animation, pictures, request.settings, paint, console.begin_frame
                )
            else:
                result = StillResult(pictures, paint(pictures.order(request.settings)))
    painted = result.finished
    notes = write_painted(arguments.output, result, request.recipe(painted), home)
    if arguments.sheet is not None:
        _write_sheet(pictures, result.samples, request, arguments)
    _tell(painted, (*remarks, *notes), arguments, console)
    return 0


def _read(
    request: StylizeRequest, arguments: argparse.Namespace
) -> tuple[AnimationFile, JobPictures, tuple[str, ...]]:
    """Read every picture; the content of a texture has one color. Raises `NeuralStyleError`.

    Returns the content, the job of its first frame, and sentences on what is not painted.
    """
    remarks: tuple[str, ...] = ()
    if arguments.texture is None:
        form = formats.format_of(arguments.output)
        animation, remarks = _read_content(arguments.contents[0], form, arguments.frames)
        shared = RequestPictures.of(request)
    else:
        size = texture_size(arguments.texture)
        shared = RequestPictures.of(request)
        animation = AnimationFile((plain(*size, shared.styles[0]),))
    writer.check_fits(arguments.output, animation.frames[0])
    return animation, shared.with_content(animation.frames[0]), remarks


def _read_content(
    path: Path, form: formats.Format, wanted: tuple[int, int | None] | None
) -> tuple[AnimationFile, tuple[str, ...]]:
    """Read all frames, or those that are wanted, if the result's format holds as many.

    Else the first of them, with a sentence.
    """
    if form.frames or wanted is not None:
        animation = reader.read_animation(path).chosen(*wanted or (1, None))
        if form.frames:
            return animation, ()
        picture, count = animation.frames[0], len(animation.frames)
    else:
        picture, count = reader.read_counted(path)
    remark = f"Only the first of {count} frames is painted; .gif, .webp and .png hold all."
    return AnimationFile((picture,)), (remark,) if count > 1 else ()


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
