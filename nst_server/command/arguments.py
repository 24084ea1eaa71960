"""Arguments of ``nst stylize``, mostly generated from the settings, and their conversion back."""

from __future__ import annotations

import argparse
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_server.pictures.streams import STANDARD_STREAM, is_stream
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import MAXIMUM_SIDE
from nst_server.values.limits import MAXIMUM_PIXELS
from nst_server.values.settings import OPTIONS, PRESETS, Option, Settings

if TYPE_CHECKING:
    from nst_server.values.recipe import Recipe


def add_stylize(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``nst stylize``: its pictures, what it prints, and every setting."""
    _add_pictures(parser)
    _add_starting_points(parser)
    _add_outputs(parser)
    _add_settings(parser)


def add_styles(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``nst styles``: a picture, styles, and the sheet."""
    parser.add_argument("photo", type=picture_path, help="The picture to draft, - for a stream.")
    parser.add_argument(
        "styles",
        type=Path,
        nargs="*",
        metavar="STYLE",
        help="Pictures, or folders of them (default: the samples and your own in NST_HOME/styles).",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=picture_path,
        required=True,
        metavar="FILE",
        help="Where to put the sheet; its ending says which format.",
    )
    parser.add_argument("--quiet", action="store_true", help="Print nothing but errors.")
    parser.add_argument(
        "--local", action="store_true", help="Paint in this process, without the server."
    )


def picture_path(word: str) -> Path:
    """The path that ``word`` names; ``-`` alone is a standard stream, ``./-`` a file."""
    path = Path(word)
    return path.absolute() if path == Path("-") and word != "-" else path


def _add_pictures(parser: argparse.ArgumentParser) -> None:
    """Content, styles with weights and masks, and the result's file."""
    parser.add_argument(
        "contents",
        type=picture_path,
        nargs="*",
        metavar="content",
        help="The picture to paint, - for standard input; none for a texture. Several, or folders "
        "of pictures, are painted into a folder.",
    )
    parser.add_argument(
        "--style",
        type=picture_path,
        action=_Style,
        dest="styles",
        metavar="FILE",
        default=[],
        help="A picture in whose style to paint; may be given several times.",
    )
    parser.add_argument(
        "--weight",
        type=float,
        action="append",
        dest="weights",
        metavar="NUMBER",
        default=[],
        help="How much a style counts beside the others (default 1): one for each, in order.",
    )
    parser.add_argument(
        "--style-mask",
        type=picture_path,
        action=_StyleMask,
        metavar="FILE",
        help="A picture that is white where the style before it is to be painted; styles without "
        "one are painted where no other style's mask is.",
    )
    parser.add_argument(
        "--texture",
        metavar="WxH",
        help="Paint no picture but a texture of this size, in pixels, from the style alone; it "
        "tiles unless --no-seamless is given.",
    )
    parser.add_argument(
        "--frames",
        type=_frames,
        metavar="FIRST-LAST",
        help="Of an animation, paint only these frames, counted from 1: 3, 3-8, or 3- to its end. "
        "The result has no others.",
    )
    parser.add_argument(
        "-o",
        "--output",
        action=_Output,
        required=True,
        metavar="FILE",
        help="Where to put the result; its ending says which format. A PNG goes to standard output "
        "(-), or into a pipe. For several pictures, a folder, where each keeps its name.",
    )
    parser.set_defaults(into_folder=False)
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="Of several pictures, paint those again whose result is there already.",
    )


def _add_starting_points(parser: argparse.ArgumentParser) -> None:
    """The selection, and results whose settings or pixels a painting begins with."""
    parser.add_argument(
        "--mask",
        type=picture_path,
        dest="selection",
        metavar="FILE",
        help="A picture that is white where the content may change.",
    )
    earlier = parser.add_mutually_exclusive_group()
    earlier.add_argument(
        "--from-result",
        type=picture_path,
        metavar="FILE",
        help="Take the settings that this result was made with; what is given here wins.",
    )
    earlier.add_argument(
        "--resume",
        type=picture_path,
        metavar="FILE",
        help="Go on from this result, with its settings: more --iterations, or a larger --size.",
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    """Everything else that is written or printed, and where it is painted."""
    parser.add_argument(
        "--sheet",
        type=picture_path,
        metavar="FILE",
        help="Put content, styles and result side by side into this picture too.",
    )
    parser.add_argument(
        "--trace",
        type=picture_path,
        metavar="FILE",
        help="Write the losses here, up to ten times a second (JSONL).",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="Print one JSON object at the end, or one a line for each of several pictures.",
    )
    parser.add_argument("--quiet", action="store_true", help="Print nothing but errors.")
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--local", action="store_true", help="Paint in this process, without the server."
    )
    place.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="Paint on the workers of the Dask scheduler at this address, tcp://host:8786, several "
        "pictures at once.",
    )


def _frames(word: str) -> tuple[int, int | None]:
    """Return the first and the last frame that ``word`` names; None for the end."""
    found = re.fullmatch(r"(\d+)(-(\d*))?", word)
    if found is None:
        raise argparse.ArgumentTypeError(f"{word} names no frames; write 3, 3-8 or 3-.")
    first, rest, last = found.groups()
    return int(first), int(last or 0) or None if rest else int(first)


@dataclass
class StyleArgument:
    """A ``--style`` and the arguments that refer to it."""

    path: Path
    mask: Path | None = None


class _Output(argparse.Action):
    """Set the output, and that it is a folder if it ends like one."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        namespace.output = picture_path(values)
        namespace.into_folder = values.endswith(("/", os.sep))


class _Style(argparse.Action):
    """Append a style."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        namespace.styles = [*namespace.styles, StyleArgument(values)]


class _StyleMask(argparse.Action):
    """Set the mask of the style that was named last."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if not namespace.styles:
            parser.error(f"{option_string} comes after the --style that it is for.")
        namespace.styles[-1].mask = values


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each option; those for experts form a separate group."""
    ordinary = parser.add_argument_group("how it is painted")
    experts = parser.add_argument_group("for experts")
    for name, option in OPTIONS.items():
        group = experts if option.expert else ordinary
        flag = "--" + name.replace("_", "-")
        if name == "init":
            group.add_argument(
                flag,
                metavar="content|noise|FILE",
                help="What the painting starts from: the content, noise, or a picture, which is "
                f"stretched to the content's size. (default {option.default})",
            )
            continue
        if option.kind is bool:
            group.add_argument(
                flag, action=argparse.BooleanOptionalAction, default=None, help=option.help
            )
            continue
        group.add_argument(
            flag,
            default=None,
            choices=option.choices or None,
            metavar=None if option.choices else name.upper(),
            help=f"{option.help} {_values(option)}".replace("%", "%%"),
        )


def settings_from(arguments: argparse.Namespace, made: Recipe | None = None) -> Settings:
    """Return the settings of the preset, or of ``made``, as changed on the command line.

    Raises `NeuralStyleError` ``bad-settings``, naming the allowed values.
    """
    given: dict[str, Any] = {
        name: getattr(arguments, name) for name in OPTIONS if getattr(arguments, name) is not None
    }
    if first_picture(arguments) is not None:
        given["init"] = "picture"
    if arguments.texture is not None and (made is None or made.settings.content_weight > 0):
        given = {**TEXTURE, **given}
    preset = given.pop("preset", None)
    if made is None:
        return Settings.of_preset(preset or Settings().preset, **given)
    base = made.again() if arguments.resume is None else made.onwards()
    if preset is not None:
        given = {**_changes(base.preset, preset), **given}
    return replace(base, **given, preset=preset or base.preset)


TEXTURE: dict[str, Any] = {"init": "noise", "content_weight": 0.0, "seamless": True}
"""Settings of a texture, which has no content."""


def first_picture(arguments: argparse.Namespace) -> Path | None:
    """Return the picture to start from, or None if none is named."""
    if arguments.resume is not None:
        return Path(arguments.resume)
    return None if arguments.init in (None, "content", "noise") else picture_path(arguments.init)


def texture_size(words: str) -> tuple[int, int]:
    """Parse ``1024x768`` into width and height. Raises `NeuralStyleError` ``bad-usage``."""
    match = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", words.strip().lower())
    width, height = (int(side) for side in match.groups()) if match else (0, 0)
    if not (1 <= width <= MAXIMUM_SIDE and 1 <= height <= MAXIMUM_SIDE):
        raise NeuralStyleError(
            "bad-usage", f"{words!r} is no size for a texture.", "Write it as 1024x1024."
        )
    if width * height > MAXIMUM_PIXELS:
        raise NeuralStyleError("too-large", f"A texture of {words} pixels is too large.")
    return width, height


def _changes(old: str, new: str) -> dict[str, Any]:
    """Return the settings of the preset ``new`` that differ from ``old``."""
    before, after = PRESETS[old].to_wire(), PRESETS[new].to_wire()
    return {name: after[name] for name in after if name != "preset" and after[name] != before[name]}


def _values(option: Option) -> str:
    """Return the range and the default of an option, as short as possible."""
    if option.choices:
        return f"(default {option.default})"
    if option.minimum is None:
        return ""
    unit = f" {option.unit}" if option.unit else ""
    words = "".join(f", {word}" for word in option.words)
    limits = f"{option.minimum:g} to {option.maximum:.10g}"
    return f"({limits}{unit}{words}; default {option.default})"


def check_streams(arguments: argparse.Namespace) -> None:
    """Standard input holds one picture, and standard output too. Raises `NeuralStyleError`."""
    sources = [*arguments.contents, arguments.selection]
    sources += [arguments.from_result, arguments.resume]
    sources += [path for style in arguments.styles for path in (style.path, style.mask)]
    sources.append(first_picture(arguments))
    if sources.count(STANDARD_STREAM) > 1:
        raise NeuralStyleError(
            "bad-usage", "Standard input can be read only once.", "Name a file for the others."
        )
    if arguments.resume is not None and is_stream(arguments.resume):
        raise NeuralStyleError(
            "bad-usage", "A painting to go on from is read twice.", "Name a file with --resume."
        )
    sinks = [arguments.output, arguments.sheet, arguments.trace]
    if sinks.count(STANDARD_STREAM) + (STANDARD_STREAM in sinks and arguments.json) > 1:
        raise NeuralStyleError(
            "bad-usage", "Standard output can hold only the picture.", "Name a file for the rest."
        )
    if arguments.trace == STANDARD_STREAM:
        raise NeuralStyleError("bad-usage", "The trace needs a file.", "Name one with --trace.")
