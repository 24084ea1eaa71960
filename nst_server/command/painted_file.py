"""The file of a painting, which is not lost if its own place cannot be written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from nst_server.host.home import Home
from nst_server.pictures.picture_file import PictureFile
from nst_server.pictures.samples import Samples
from nst_server.pictures.writing import writer
from nst_server.values.errors import NeuralStyleError
from nst_server.values.recipe import Recipe


def write_painted(
    output: Path, samples: Samples, content: PictureFile, recipe: Recipe, home: Home
) -> tuple[str, ...]:
    """Write the painting to ``output``, or save it elsewhere and raise an error that says where.

    Returns sentences on what could not be kept.
    """
    text = recipe.to_text()

    def write(path: Path) -> tuple[str, ...]:
        return writer.write(path, samples, content, text)

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
