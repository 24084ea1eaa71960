"""``nst stylize`` of many pictures: each painted into a folder, under its own name."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from nst_server.command.chosen_backend import chosen_backend
from nst_server.command.console import Failures, FolderConsole, print_failures
from nst_server.command.painted_file import StillResult, write_painted
from nst_server.command.picture_list import ENDINGS, is_folder, listed
from nst_server.command.request_pictures import RequestPictures
from nst_server.command.stylize_request import StylizeRequest, request_from
from nst_server.host.home import Home
from nst_server.pictures.reading import reader
from nst_server.pictures.streams import STANDARD_STREAM
from nst_server.pictures.writing import output_file, writer
from nst_server.studio.chatter import without_chatter
from nst_server.studio.job_pictures import JobPictures
from nst_server.studio.read_ahead import ahead
from nst_server.values.errors import OF_ONE_PICTURE, NeuralStyleError, in_words
from nst_server.wire.events import Event, Failed, Finished
from nst_server.wire.order import Order


def is_meant(arguments: argparse.Namespace) -> bool:
    """True if the arguments name several pictures, a folder of them, or a folder for results."""
    contents, output = arguments.contents, arguments.output
    if len(contents) > 1 or any(map(is_folder, contents)):
        return True
    return bool(contents) and (arguments.into_folder or is_folder(output))


def run(arguments: argparse.Namespace, home: Home) -> int:
    """Paint all that is not painted yet; return the exit code of the first that failed, or 0.

    Raises `NeuralStyleError` for what concerns them all.
    """
    _check(arguments)
    request = request_from(arguments)
    pictures = listed(arguments.contents, arguments.output)
    waiting = pictures if arguments.overwrite else pictures.unpainted()
    with without_chatter():
        shared = RequestPictures.of(request)
    _make(arguments.output)
    console = FolderConsole(len(waiting), quiet=arguments.quiet or arguments.json)
    with _told(arguments, len(pictures) - len(waiting)) as outcome:
        if arguments.json and not arguments.overwrite:
            for content, output in pictures.painted():
                _print({"content": str(content), "output": str(output), "skipped": True})
        # What was hidden from the bar's own stream is told after it.
        with (
            console,
            without_chatter(),
            closing(chosen_backend(arguments, home, console)) as backend,
        ):
            keeper = _Bookkeeper(request, home, console, outcome, arguments.json)
            readings = ahead(waiting, lambda paths: _read(shared, *paths))
            with closing(backend.paint(keeper.orders(readings))) as events:
                for number, event in events:
                    keeper.take(number, event)
    return outcome.failures[0][1].exit_code if outcome.failures else 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse what is for one picture only. Raises `NeuralStyleError` ``bad-usage``."""
    for name in ("texture", "frames", "resume", "sheet", "trace"):
        if getattr(arguments, name) is not None:
            raise NeuralStyleError(
                "bad-usage",
                f"--{name} is not for many pictures.",
                "Leave it out, or paint one picture into a file.",
            )
    if STANDARD_STREAM in arguments.contents:
        raise NeuralStyleError(
            "bad-usage",
            "A picture from standard input has no name that its painting could have in a folder.",
            "Paint it alone, into a file.",
        )
    if arguments.output == STANDARD_STREAM:
        raise NeuralStyleError(
            "bad-usage", "Standard output can hold only one picture.", "Name a folder with -o."
        )


def _make(folder: Path) -> None:
    """Make the folder of the results. Raises `NeuralStyleError` ``unwritable``."""
    if is_folder(folder):
        if not os.access(folder, os.W_OK):
            raise NeuralStyleError(
                "unwritable", f"Nothing can be written into {folder}.", "Choose another place."
            )
        return
    if folder.suffix.lower() in ENDINGS:
        raise NeuralStyleError(
            "unwritable",
            f"Several pictures are painted into a folder, and {folder} is the name of a file.",
            "Name a folder with -o.",
        )
    try:
        folder.mkdir()
    except OSError as error:
        raise NeuralStyleError(
            "unwritable", f"The folder {folder} could not be made: {error.strerror}."
        ) from None


def _read(shared: RequestPictures, content: Path, output: Path) -> tuple[JobPictures, int]:
    """Read one picture, if its painting can be written, and count its frames."""
    output_file.check_place(output)
    picture, frames = reader.read_counted(content)
    writer.check_fits(output, picture)
    return shared.with_content(picture), frames


@dataclass
class _Outcome:
    """Counts and sentences for the end."""

    painted: int = 0
    failures: Failures = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Bookkeeper:
    """Gives orders out, takes what becomes of them, and keeps account of it."""

    request: StylizeRequest
    home: Home
    console: FolderConsole
    outcome: _Outcome
    as_json: bool
    under_way: dict[int, tuple[Path, Path, JobPictures]] = field(default_factory=dict)
    """Content and output of each order that was given out, by its number, and its pictures."""

    def orders(
        self, readings: Iterable[tuple[tuple[Path, Path], Future[tuple[JobPictures, int]]]]
    ) -> Iterator[Order]:
        """Yield the order of each picture that can be read."""
        numbers = count()
        for (content, output), reading in readings:
            self.console.begin(content)
            try:
                pictures, frames = reading.result()
            except (NeuralStyleError, MemoryError) as error:
                self._fail(content, in_words(error))
                continue
            try:
                order = pictures.order(self.request.settings)
            except NeuralStyleError as error:
                self._fail_or_raise(content, error)
                continue
            if frames > 1:
                remark = f"Only the first of {frames} frames is painted; alone, all are."
                self.outcome.notes.append(f"{content}: {remark}")
            self.under_way[next(numbers)] = content, output, pictures
            yield order

    def take(self, number: int, event: Event) -> None:
        """Show an event or write a result. Raises `NeuralStyleError` if the next fails as well."""
        content, output, pictures = self.under_way[number]
        match event:
            case Finished():
                del self.under_way[number]
                try:
                    self._write(content, output, pictures, event)
                except (NeuralStyleError, MemoryError) as error:
                    self._fail_or_raise(content, in_words(error))
            case Failed(error):
                del self.under_way[number]
                self._fail_or_raise(content, error)
            case _:
                self.console.show_of(content, event)

    def _write(self, content: Path, output: Path, pictures: JobPictures, painted: Finished) -> None:
        result, recipe = StillResult(pictures, painted), self.request.recipe(painted)
        notes = write_painted(output, result, recipe, self.home)
        self.console.end(content)
        self.outcome.painted += 1
        self.outcome.notes += [f"{content}: {note}" for note in notes]
        if self.as_json:
            report = painted.report.to_wire()
            _print({"content": str(content), "output": str(output), **report})

    def _fail_or_raise(self, content: Path, error: NeuralStyleError) -> None:
        goes_on = error.code in OF_ONE_PICTURE
        if not goes_on and not (error.code == "unwritable" and not _is_of_place(error)):
            raise error
        self._fail(content, error)

    def _fail(self, content: Path, error: NeuralStyleError) -> None:
        self.console.end(content)
        self.outcome.failures.append((content, error))
        if self.as_json:
            _print({"content": str(content), "error": error.code, "sentence": str(error)})


def _is_of_place(error: BaseException | None) -> bool:
    """True if the system refused to write, as on a full disk, where the next would fail too."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            return True
        error = error.__cause__
    return False


def _print(entry: dict[str, Any]) -> None:
    print(json.dumps(entry), flush=True)  # whoever reads them need not wait for the last


@contextmanager
def _told(arguments: argparse.Namespace, skipped: int) -> Iterator[_Outcome]:
    """Collect what is to be told, and tell it at the end, whatever that is."""
    outcome = _Outcome()
    try:
        yield outcome
    finally:
        if not arguments.quiet:
            for note in outcome.notes:
                print(note, file=sys.stderr)
        print_failures(outcome.failures)
        if sys.stdout.isatty() and not (arguments.quiet or arguments.json):
            counts = [f"{outcome.painted} painted"]
            counts += [f"{skipped} there already"] if skipped else []
            counts += [f"{len(outcome.failures)} failed"] if outcome.failures else []
            print(f"{arguments.output}: {', '.join(counts)}.")
