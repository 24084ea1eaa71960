"""``nst stylize``: a picture file in, a painting out."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nst_server.command.arguments import first_picture, settings_from, texture_size
from nst_server.command.console import Console
from nst_server.host.home import Home
from nst_server.pictures import picture_files
from nst_server.pictures.picture_files import PictureFile
from nst_server.pictures.recipe import Recipe
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, StyleReference
from nst_server.values.settings import Settings
from nst_server.wire.events import Event, Failed, Finished, Painting, Queued, Started

Listen = Callable[[Job, Sequence[Any]], Iterator[Event]]
"""Runs a job and tells what happens; through the server, or in this process."""


def run(arguments: argparse.Namespace, home: Home) -> int:
    """Paint. Raises `NeuralStyleError`; the output file appears whole or not at all.

    A painting that cannot be written there is kept elsewhere, and the error says where.
    """
    made = _made(arguments)
    settings = settings_from(arguments, made)
    _check(arguments, settings)
    if made is not None and not arguments.weights and len(made.styles) == len(arguments.styles):
        arguments.weights = [style.weight for style in made.styles]
    styles, content = _styles_and_content(arguments)
    picture_files.check_fits(arguments.output, content)
    size = content.shape.width, content.shape.height
    mask = (
        None if arguments.selection is None else picture_files.read_mask(arguments.selection, *size)
    )
    first = first_picture(arguments)
    init = None if first is None else picture_files.read(first)
    job = Job.from_wire(
        Job(
            settings,
            content.shape,
            tuple(style.reference for style in styles),
            None if mask is None else mask.shape,
            None if init is None else init.shape,
        ).to_wire()
    )
    # In the order of `Job.pictures`.
    pixels = [picture.pixels for picture in (content, mask, init) if picture is not None]
    for style in styles:
        pixels += [style.picture.pixels, *([] if style.mask is None else [style.mask.pixels])]

    console = Console(quiet=arguments.quiet or arguments.json)
    listen = _locally(home) if arguments.local else _through_server(home, console)
    finished = _follow(listen(job, pixels), console, arguments.trace)
    samples = picture_files.blend(content, finished.pixels.read(), mask)
    recipe = Recipe.of(finished.report, [(style.path, style.weight) for style in styles])

    def write(path: Path) -> None:
        picture_files.write(path, samples, content, recipe.to_text())

    try:
        write(arguments.output)
    except NeuralStyleError as error:
        kept = _kept(write, home)
        if kept is None:
            raise
        hint = f"The painting is kept in {kept}."
        raise NeuralStyleError(error.code, error.sentence, hint) from error
    if arguments.sheet is not None:
        _write_sheet(arguments, content, styles, picture_files.PictureFile(samples))
    if arguments.json:
        report = finished.report.to_wire()
        print(json.dumps({"output": str(arguments.output), **report}))
    elif not arguments.quiet:
        console.finished(arguments.output, finished.report)
    return 0


def _made(arguments: argparse.Namespace) -> Recipe | None:
    """How the result was made that is named to go by. Raises `NeuralStyleError`."""
    path = arguments.from_result or arguments.resume
    return None if path is None else Recipe.from_text(picture_files.recipe(path), path)


def _check(arguments: argparse.Namespace, settings: Settings) -> None:
    """Say what is missing or too much before anything is read. Raises `NeuralStyleError`."""
    if arguments.content is None and arguments.texture is None:
        raise NeuralStyleError(
            "bad-usage",
            "There is nothing to paint.",
            "Name a picture, or give --texture with a size.",
        )
    if arguments.content is not None and arguments.texture is not None:
        raise NeuralStyleError(
            "bad-usage",
            f"A texture has no content, but {arguments.content} is named.",
            "Leave out the picture, or --texture.",
        )
    if not arguments.styles:
        raise NeuralStyleError("bad-usage", "No style is named.", "Give a picture with --style.")
    if arguments.texture is not None and settings.colors != "style":
        raise NeuralStyleError(
            "bad-usage",
            f"A texture has no content whose colours it could have: --colors {settings.colors}.",
            "Leave out --colors.",
        )
    if arguments.resume is not None and arguments.init is not None:
        raise NeuralStyleError(
            "bad-usage",
            "A painting starts from one picture, but --resume and --init are given.",
            "Leave out one of them.",
        )
    if settings.init == "picture" and first_picture(arguments) is None:
        raise NeuralStyleError(
            "bad-usage",
            f"{arguments.from_result} was started from a picture, which it does not hold.",
            "Name that picture with --init.",
        )
    for path in filter(None, (arguments.output, arguments.trace, arguments.sheet)):
        picture_files.check_folder(path)
    for path in filter(None, (arguments.output, arguments.sheet)):
        picture_files.check_format(path)


def _styles_and_content(arguments: argparse.Namespace) -> tuple[list[_Style], PictureFile]:
    """What is read before anything else; a texture's content is as plain as can be."""
    if arguments.texture is None:
        content = picture_files.read(arguments.content)
        return _styles(arguments, (content.shape.width, content.shape.height)), content
    size = texture_size(arguments.texture)
    styles = _styles(arguments, size)
    return styles, picture_files.plain(*size, styles[0].picture)


def _kept(write: Callable[[Path], None], home: Home) -> Path | None:
    """Where ``write`` could put a painting that took its time; None if that is nowhere."""
    name = f"painted-{datetime.now():%Y%m%d-%H%M%S-%f}.png"  # a name of its own
    folders = [home.root]
    with suppress(OSError):  # there is none that could be written
        folders.append(Path(tempfile.gettempdir()))
    for folder in folders:
        with suppress(NeuralStyleError):
            write(folder / name)
            return folder / name
    return None


def _write_sheet(
    arguments: argparse.Namespace,
    content: PictureFile,
    styles: Sequence[_Style],
    result: PictureFile,
) -> None:
    from nst_server.pictures.contact_sheet import contact_sheet

    panels = [(style.picture.image(), f"Style: {style.path.name}") for style in styles]
    if arguments.content is not None:
        panels.insert(0, (content.image(), f"Content: {arguments.content.name}"))
    panels.append((result.image(), f"Result: {arguments.output.name}"))
    picture_files.write_image(arguments.sheet, contact_sheet(panels))


@dataclass(frozen=True)
class _Style:
    path: Path
    picture: PictureFile
    weight: float
    mask: PictureFile | None

    @property
    def reference(self) -> StyleReference:
        mask = None if self.mask is None else self.mask.shape
        return StyleReference(self.picture.shape, self.weight, mask)


def _styles(arguments: argparse.Namespace, size: tuple[int, int]) -> list[_Style]:
    """The style pictures with their weights and masks. Raises `NeuralStyleError`."""
    weights = arguments.weights or [1.0] * len(arguments.styles)
    if len(weights) != len(arguments.styles):
        raise NeuralStyleError(
            "bad-usage",
            f"There are {len(arguments.styles)} styles and {len(weights)} weights.",
            "Give one --weight for each --style, or none.",
        )
    return [
        _Style(
            style.path,
            picture_files.read(style.path),
            weight,
            None if style.mask is None else picture_files.read_mask(style.mask, *size),
        )
        for style, weight in zip(arguments.styles, weights, strict=True)
    ]


def _follow(events: Iterator[Event], console: Console, trace: Path | None) -> Finished:
    """Show what happens until the result is there."""
    with console, _tracing(trace) as write:
        for event in events:
            match event:
                case Queued(position):
                    console.queued(position)
                case Started():
                    console.started(event)
                case Painting(progress):
                    console.painting(progress)
                    write(progress.to_wire())
                case Finished():
                    return event
                case Failed(error):
                    raise error
    raise NeuralStyleError("server-gone", "The server stopped without an answer.")


def _through_server(home: Home, console: Console) -> Listen:
    def listen(job: Job, pixels: Sequence[Any]) -> Iterator[Event]:
        from nst_server.client.launcher import connect_or_start

        with closing(connect_or_start(home, waiting=console.waiting)) as client:
            client.submit(job, pixels)
            yield from client.events()

    return listen


def _locally(home: Home) -> Listen:
    def listen(job: Job, pixels: Sequence[Any]) -> Iterator[Event]:
        from nst_server.command.local import paint

        return paint(job, pixels, home)

    return listen


@contextmanager
def _tracing(path: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """What writes an entry into a JSONL file, or does nothing if no path is given.

    Raises `NeuralStyleError` ``unwritable``; where that happens on the way the painting goes on.
    """
    if path is None:
        yield lambda _: None
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise NeuralStyleError(
            "unwritable", f"{path} cannot be written: {error.strerror}.", "Choose another place."
        ) from None

    def write(entry: dict[str, Any]) -> None:
        if not file.closed:
            try:
                print(json.dumps(entry), file=file, flush=True)
            except OSError as error:
                print(f"{path} ends here: {error.strerror}.", file=sys.stderr)
                with suppress(OSError):
                    file.close()

    try:
        yield write
    finally:
        with suppress(OSError):
            file.close()
