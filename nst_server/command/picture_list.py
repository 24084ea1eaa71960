"""The pictures that are painted into a folder: by name, as there may be a million of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nst_server.pictures.writing.formats import format_of
from nst_server.values.errors import NeuralStyleError

_READ = (
    "apng avif bmp dib gif hdr j2c j2k jfif jp2 jpe jpeg jpf jpg jpx jxl pbm pcx pgm png pnm ppm "
    "tga tif tiff webp"
)
_REFUSED = "arw cr2 cr3 dng exr heic heif hif nef orf pef psd raf rw2 srw x3f xcf"
"""Endings of pictures that are told by name to be none that is read here."""
ENDINGS = frozenset(f".{ending}" for ending in f"{_READ} {_REFUSED}".split())
"""Endings of pictures; whatever else is in a folder is left out."""


@dataclass(frozen=True)
class PictureList:
    """Names of pictures, folder by folder, and the folder that their results go to."""

    groups: tuple[tuple[Path, list[str]], ...]
    into: Path

    def __len__(self) -> int:
        return sum(len(names) for _, names in self.groups)

    def __iter__(self) -> Iterator[tuple[Path, Path]]:
        """Each picture's path and that of its result."""
        for folder, names in self.groups:
            for name in names:
                yield folder / name, self.into / result_name(name)

    def painted(self) -> PictureList:
        """Those whose result is there already."""
        return self._those(os.path.lexists)

    def unpainted(self) -> PictureList:
        """Those whose result is not there yet."""
        return self._those(lambda result: not os.path.lexists(result))

    def _those(self, wanted: Callable[[str], bool]) -> PictureList:
        # Strings, as a million paths would take a gigabyte.
        kept = (
            (folder, [name for name in names if wanted(os.path.join(self.into, result_name(name)))])  # noqa: PTH118
            for folder, names in self.groups
        )
        return PictureList(tuple(kept), self.into)


def listed(contents: Iterable[Path], into: Path) -> PictureList:
    """List pictures and, of folders, all files with a picture's ending, in the order of names.

    Raises `NeuralStyleError` if there are none, or if two results would have one name.
    """
    groups = tuple(
        (path, names_in(path)) if is_folder(path) else (path.parent, [path.name])
        for path in contents
    )
    pictures = PictureList(groups, into)
    if not len(pictures):
        raise NeuralStyleError(
            "bad-image", f"There are no pictures in {', '.join(str(path) for path, _ in groups)}."
        )
    _check_names(pictures)
    return pictures


def is_folder(path: Path) -> bool:
    """True for a folder; False also for a name that the system does not take or show."""
    try:
        return path.is_dir()
    except OSError:
        return False


def result_name(name: str) -> str:
    """The picture's own name, or one of a PNG if its format cannot be written."""
    stem, ending = os.path.splitext(name)  # noqa: PTH122
    return name if _is_written(ending) else f"{stem}.png"


@lru_cache
def _is_written(ending: str) -> bool:
    try:
        format_of(Path(f"name{ending}"))
    except NeuralStyleError:
        return False
    return True


def names_in(folder: Path) -> list[str]:
    """Sorted names of a folder's files with a picture's ending. Raises `NeuralStyleError`."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if _is_picture(entry))
    except OSError as error:
        raise NeuralStyleError(
            "bad-image", f"The folder {folder} could not be read: {error.strerror}."
        ) from None


def _is_picture(entry: os.DirEntry[str]) -> bool:
    """True for a file with a picture's ending, and for a link that leads nowhere: it is told."""
    name = entry.name
    if name.startswith(".") or os.path.splitext(name)[1].lower() not in ENDINGS:  # noqa: PTH122
        return False
    return entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))  # noqa: PTH110


def _check_names(pictures: PictureList) -> None:
    """Raise ``bad-usage`` if two results have one name, or if one would replace its picture."""
    seen: set[str] = set()
    for folder, names in pictures.groups:
        if is_folder(folder) and is_folder(pictures.into) and pictures.into.samefile(folder):
            raise NeuralStyleError(
                "bad-usage",
                f"The paintings would lie among the pictures in {pictures.into}.",
                "Choose another folder with -o.",
            )
        for result in map(result_name, names):
            if result in seen:
                first, second = [path for path, to in pictures if to.name == result][:2]
                raise NeuralStyleError(
                    "bad-usage",
                    f"{first} and {second} would both be painted as {pictures.into / result}.",
                    "Paint them into folders of their own.",
                )
            seen.add(result)
