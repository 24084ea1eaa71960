"""The file of a painting, which is not lost if its own place cannot be written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol

from nst_server.host.home import Home
from nst_server.pictures.samples import Samples
from nst_server.pictures.writing import writer
from nst_server.studio.job_pictures import JobPictures
from nst_server.values.errors import NeuralStyleError
from nst_server.values.recipe import Recipe
from nst_server.wire.events import Finished


class Result(Protocol):
    """A painting that can be written."""

    @property
    def samples(self) -> Samples:
        """The picture; of an animation the first."""

    @property
    def finished(self) -> Finished:
        """Last event of its job, with the report."""

    def write(self, path: Path, recipe: str) -> tuple[str, ...]:
        """Write it; return sentences on what could not be kept."""


@dataclass(frozen=True)
class StillResult:
    """A painted picture, seen through the selection, over the content."""

    pictures: JobPictures
    finished: Finished

    @cached_property
    def samples(self) -> Samples:
        """The picture."""
        return self.pictures.result(self.finished)

    def write(self, path: Path, recipe: str) -> tuple[str, ...]:
        """Write the picture; return sentences on what could not be kept."""
        return writer.write(path, self.samples, self.pictures.content, recipe)


def write_painted(output: Path, result: Result, recipe: Recipe, home: Home) -> tuple[str, ...]:
    """Write the painting to ``output``, or save it elsewhere and raise an error that says where.

    Returns sentences on what could not be kept.
    """
    text = recipe.to_text()

    def write(path: Path) -> tuple[str, ...]:
        return result.write(path, text)

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
