"""``nst stylize``: turn a picture file into a painting."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from nst_server.command.arguments import (
    check_streams,
    first_picture,
    settings_from,
    texture_size,
)
from nst_server.command.console import Console, without_chatter
from nst_server.command.local import WITHOUT_SERVER, paint_locally
from nst_server.host.home import Home
from nst_server.pictures.picture_file import PictureFile, blend, plain
from nst_server.pictures.reading import reader
from nst_server.pictures.samples import Samples
from nst_server.pictures.writing import formats, output_file, writer
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, JobStyle
from nst_server.values.recipe import Made, Recipe, RecipeStyle, installed_versions
from nst_server.values.settings import Settings
from nst_server.wire.events import Event, Failed, Finished, Painting, Queued, Started
from nst_server.wire.order import Order, Raster

Submit = Callable[[Order], Iterator[Event]]
"""Function that runs an order and yields its events, through the server or in this process."""


def run(arguments: argparse.Namespace, home: Home) -> int:
    """Paint. Raises `NeuralStyleError`; the output file appears whole or not at all.

    A painting that cannot be written to its place is saved elsewhere, and the error says where.
    """
    request = _request(arguments)
    with without_chatter():
        inputs = _read(request, arguments)
    console = Console(quiet=arguments.quiet or arguments.json)
    submit = _locally(home) if arguments.local else _through_server(home, console)
    finished = _follow(submit(inputs.order(request.settings)), console, arguments.trace)
    result = _Result(inputs, finished)
    notes = _write(result, request, arguments.output, home)
    if arguments.sheet is not None:
        _write_sheet(result, request, arguments)
    _tell(finished, notes, arguments, console)
    return 0


# Request


@dataclass(frozen=True)
class _StyleRequest:
    path: Path
    weight: float
    mask: Path | None


@dataclass(frozen=True)
class _Request:
    """The settings and styles that the command line asks for."""

    settings: Settings
    styles: tuple[_StyleRequest, ...]

    def recipe(self, finished: Finished) -> Recipe:
        """Return the recipe of the painting, with file names only: folders are private."""
        return Recipe(
            self.settings,
            tuple(RecipeStyle("file", style.path.name, style.weight) for style in self.styles),
            made=Made.of(finished.report),
            versions=installed_versions(),
        )


def _request(arguments: argparse.Namespace) -> _Request:
    """Return the checked request. Raises `NeuralStyleError` before any picture is read."""
    check_streams(arguments)
    earlier = _earlier(arguments)
    settings = settings_from(arguments, earlier)
    _check(arguments, settings)
    weights = arguments.weights
    if not weights and earlier is not None and len(earlier.styles) == len(arguments.styles):
        weights = [style.weight for style in earlier.styles]
    weights = weights or [1.0] * len(arguments.styles)
    if len(weights) != len(arguments.styles):
        raise NeuralStyleError(
            "bad-usage",
            f"There are {len(arguments.styles)} styles and {len(weights)} weights.",
            "Give one --weight for each --style, or none.",
        )
    styles = zip(arguments.styles, weights, strict=True)
    return _Request(
        settings, tuple(_StyleRequest(style.path, weight, style.mask) for style, weight in styles)
    )


def _earlier(arguments: argparse.Namespace) -> Recipe | None:
    """Return the recipe in the --from-result or --resume file. Raises `NeuralStyleError`."""
    path = arguments.from_result or arguments.resume
    if path is None:
        return None
    try:
        recipe = Recipe.from_text(reader.recipe(path))
        if recipe.made is None:
            raise ValueError("of a painting that was not made")
    except ValueError:
        raise NeuralStyleError(
            "bad-image",
            f"What {path} says of how it was made is not understood.",
            "Take a result of nst stylize, as it was written.",
        ) from None
    return recipe


def _check(arguments: argparse.Namespace, settings: Settings) -> None:
    """Reject missing or clashing arguments before pictures are read. Raises `NeuralStyleError`."""
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
            f"A texture has no content whose colors it could have: --colors {settings.colors}.",
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
    outputs = list(filter(None, (arguments.output, arguments.trace, arguments.sheet)))
    if len({path.absolute() for path in outputs}) < len(outputs):
        raise NeuralStyleError(
            "bad-usage", "Two of the outputs have one name.", "Give each a file of its own."
        )
    for path in outputs:
        output_file.check_place(path)
    for path in filter(None, (arguments.output, arguments.sheet)):
        formats.format_of(path)


# Pictures


@dataclass(frozen=True)
class _StylePicture:
    picture: PictureFile
    weight: float
    mask: PictureFile | None

    @property
    def job_style(self) -> JobStyle[Raster]:
        mask = None if self.mask is None else _raster(self.mask)
        return JobStyle(_raster(self.picture), self.weight, mask)


@dataclass(frozen=True)
class _Inputs:
    """All pictures of a request, as read."""

    content: PictureFile
    styles: tuple[_StylePicture, ...]
    mask: PictureFile | None
    init: PictureFile | None

    def order(self, settings: Settings) -> Order:
        """Return the order to submit. Raises `NeuralStyleError`."""
        return Job(
            settings,
            _raster(self.content),
            tuple(style.job_style for style in self.styles),
            None if self.mask is None else _raster(self.mask),
            None if self.init is None else _raster(self.init),
        )


def _raster(picture: PictureFile) -> Raster:
    return Raster.of(picture.shape, picture.pixels)


def _read(request: _Request, arguments: argparse.Namespace) -> _Inputs:
    """Read every picture; the content of a texture has one color. Raises `NeuralStyleError`."""
    if arguments.texture is None:
        content = reader.read(arguments.content)
        styles = _read_styles(request, content.shape.width, content.shape.height)
    else:
        size = texture_size(arguments.texture)
        styles = _read_styles(request, *size)
        content = plain(*size, styles[0].picture)
    writer.check_fits(arguments.output, content)
    init = first_picture(arguments)
    return _Inputs(
        content,
        styles,
        _read_mask(arguments.selection, content.shape.width, content.shape.height),
        None if init is None else reader.read(init),
    )


def _read_styles(request: _Request, width: int, height: int) -> tuple[_StylePicture, ...]:
    return tuple(
        _StylePicture(reader.read(style.path), style.weight, _read_mask(style.mask, width, height))
        for style in request.styles
    )


def _read_mask(path: Path | None, width: int, height: int) -> PictureFile | None:
    return None if path is None else reader.read_mask(path, width, height)


# Painting


def _follow(events: Iterator[Event], console: Console, trace: Path | None) -> Finished:
    """Show the events until the result arrives, and return it."""
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


def _through_server(home: Home, console: Console) -> Submit:
    def submit(order: Order) -> Iterator[Event]:
        from nst_server.client.launcher import connect_or_start

        try:
            session = connect_or_start(home, waiting=console.waiting)
        except NeuralStyleError as error:
            raise error.advising(WITHOUT_SERVER) from None
        with closing(session) as client:
            client.submit(order)
            yield from client.events()

    return submit


def _locally(home: Home) -> Submit:
    return partial(paint_locally, home=home)


@contextmanager
def _tracing(path: Path | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yield a function that writes an entry to a JSONL file, or does nothing without a path.

    Raises `NeuralStyleError` ``unwritable``; a later failure ends the trace but not the painting.
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


# Result


@dataclass(frozen=True)
class _Result:
    """The final picture: the painting seen through the selection, over the content."""

    inputs: _Inputs
    finished: Finished

    @cached_property
    def samples(self) -> Samples:
        inputs = self.inputs
        return blend(inputs.content, self.finished.pixels.read(), inputs.mask)


def _write(result: _Result, request: _Request, output: Path, home: Home) -> tuple[str, ...]:
    """Write the painting to ``output``, or save it elsewhere and raise an error that says where.

    Returns sentences on what could not be kept.
    """
    recipe = request.recipe(result.finished).to_text()

    def write(path: Path) -> tuple[str, ...]:
        return writer.write(path, result.samples, result.inputs.content, recipe)

    try:
        return write(output)
    except NeuralStyleError as error:
        refuge = _write_to_refuge(write, home)
        if refuge is None:
            raise
        hint = f"The painting is kept in {refuge}."
        raise NeuralStyleError(error.code, error.sentence, hint) from error


def _write_to_refuge(write: Callable[[Path], object], home: Home) -> Path | None:
    """Save a painting that its own place rejected; return where, or None if that fails too."""
    name = f"painted-{datetime.now():%Y%m%d-%H%M%S-%f}.png"  # an unused name
    folders = [home.root]
    with suppress(OSError):  # no temporary folder is writable
        folders.append(Path(tempfile.gettempdir()))
    for folder in folders:
        with suppress(NeuralStyleError):
            write(folder / name)
            return folder / name
    return None


def _write_sheet(result: _Result, request: _Request, arguments: argparse.Namespace) -> None:
    from nst_server.pictures.contact_sheet import contact_sheet

    pairs = zip(result.inputs.styles, request.styles, strict=True)
    panels = [(style.picture.image(), f"Style: {wanted.path.name}") for style, wanted in pairs]
    if arguments.content is not None:
        panels.insert(0, (result.inputs.content.image(), f"Content: {arguments.content.name}"))
    panels.append((PictureFile(result.samples).image(), f"Result: {arguments.output.name}"))
    writer.write_image(arguments.sheet, contact_sheet(panels))


def _tell(
    finished: Finished, notes: Iterable[str], arguments: argparse.Namespace, console: Console
) -> None:
    if not arguments.quiet:
        for note in notes:
            print(note, file=sys.stderr)
    if arguments.json:
        print(json.dumps({"output": str(arguments.output), **finished.report.to_wire()}))
    elif not arguments.quiet:
        console.finished(arguments.output, finished.report)
