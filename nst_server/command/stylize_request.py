"""The request of ``nst stylize``: what its arguments ask for, checked before a picture is read."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from nst_server.command.arguments import first_picture, settings_from
from nst_server.pictures.reading import reader
from nst_server.pictures.writing import formats, output_file
from nst_server.values.errors import NeuralStyleError
from nst_server.values.recipe import Made, Recipe, RecipeStyle, installed_versions
from nst_server.values.settings import Settings
from nst_server.wire.events import Finished


@dataclass(frozen=True)
class StyleRequest:
    """A style as the command line names it."""

    path: Path
    weight: float
    mask: Path | None


@dataclass(frozen=True)
class StylizeRequest:
    """The settings and styles that the command line asks for."""

    settings: Settings
    styles: tuple[StyleRequest, ...]
    selection: Path | None = None
    init: Path | None = None
    """Picture to start from."""

    def recipe(self, finished: Finished) -> Recipe:
        """Return the recipe of the painting, with file names only: folders are private."""
        return Recipe(
            self.settings,
            tuple(RecipeStyle("file", style.path.name, style.weight) for style in self.styles),
            made=Made.of(finished.report),
            versions=installed_versions(),
        )


def request_from(arguments: argparse.Namespace) -> StylizeRequest:
    """Return the checked request. Raises `NeuralStyleError` before any picture is read."""
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
    return StylizeRequest(
        settings,
        tuple(
            StyleRequest(style.path, weight, style.mask)
            for style, weight in zip(arguments.styles, weights, strict=True)
        ),
        arguments.selection,
        first_picture(arguments),
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
    """Reject clashing settings before pictures are read. Raises `NeuralStyleError`."""
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


def check_single(arguments: argparse.Namespace) -> None:
    """Reject missing or clashing files of one painting. Raises `NeuralStyleError`."""
    if not arguments.contents and arguments.texture is None:
        raise NeuralStyleError(
            "bad-usage",
            "There is nothing to paint.",
            "Name a picture, or give --texture with a size.",
        )
    if arguments.contents and arguments.texture is not None:
        raise NeuralStyleError(
            "bad-usage",
            f"A texture has no content, but {arguments.contents[0]} is named.",
            "Leave out the picture, or --texture.",
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
