"""``nst stylize``: a picture file in, a painting out."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_server.client.events import Event, Failed, Finished, Painting, Queued, Started
from nst_server.command import pictures
from nst_server.command.arguments import settings_from
from nst_server.command.console import Console
from nst_server.errors import NeuralStyleError
from nst_server.job import Job, StyleReference
from nst_server.paths import Home

Listen = Callable[[Job, Sequence[Any]], Iterator[Event]]
"""Runs a job and tells what happens; through the server, or in this process."""


def run(arguments: argparse.Namespace, home: Home) -> int:
    """Paint. Raises `NeuralStyleError`; the output file appears whole or not at all."""
    settings = settings_from(arguments)
    for path in filter(None, (arguments.output, arguments.trace)):
        pictures.check_folder(path)
    pictures.check_format(arguments.output)
    content = pictures.read(arguments.content)
    size = content.shape.width, content.shape.height
    mask = None if arguments.selection is None else pictures.read_mask(arguments.selection, *size)
    styles = _styles(arguments, size)
    job = Job.from_wire(
        Job(
            settings,
            content.shape,
            tuple(style.reference for style in styles),
            None if mask is None else mask.shape,
        ).to_wire()
    )
    # In the order of `Job.pictures`.
    pixels = [content.pixels, *([] if mask is None else [mask.pixels])]
    for style in styles:
        pixels += [style.picture.pixels, *([] if style.mask is None else [style.mask.pixels])]

    console = Console(quiet=arguments.quiet or arguments.json)
    listen = _locally(home) if arguments.local else _through_server(home, console)
    finished = _follow(listen(job, pixels), console, arguments.trace)
    image = pictures.blend(content, bytes(finished.pixels), mask)
    parameters = json.dumps(finished.report.settings, sort_keys=True)
    pictures.write(arguments.output, image, content, parameters)
    if arguments.json:
        report = finished.report.to_wire()
        print(json.dumps({"output": str(arguments.output), **report}))
    elif not arguments.quiet:
        console.finished(arguments.output, finished.report)
    return 0


@dataclass(frozen=True)
class _Style:
    picture: pictures.PictureFile
    weight: float
    mask: pictures.PictureFile | None

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
            pictures.read(style.path),
            weight,
            None if style.mask is None else pictures.read_mask(style.mask, *size),
        )
        for style, weight in zip(arguments.styles, weights, strict=True)
    ]


def _follow(events: Iterator[Event], console: Console, trace: Path | None) -> Finished:
    """Show what happens until the result is there."""
    with console, _Trace(trace) as write:
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


class _Trace:
    """A JSONL file of the progress, or nothing if no path is given."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __enter__(self) -> Callable[[dict[str, Any]], None]:
        self._file = None if self._path is None else self._path.open("w", encoding="utf-8")

        def write(entry: dict[str, Any]) -> None:
            if self._file is not None:
                print(json.dumps(entry), file=self._file, flush=True)

        return write

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
