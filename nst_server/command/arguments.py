"""The arguments of ``nst stylize``, most of them made from the settings, and back again."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nst_server.settings import Option, Settings, options


def add_stylize(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``nst stylize``: its pictures, what it prints, and every setting."""
    parser.add_argument(
        "content", type=Path, nargs="?", help="The picture to paint; none for a texture."
    )
    parser.add_argument(
        "--style",
        type=Path,
        action=_Style,
        dest="styles",
        default=[],
        help="A picture in whose style to paint; may be given several times.",
    )
    parser.add_argument(
        "--weight",
        type=float,
        action="append",
        dest="weights",
        default=[],
        help="How much a style counts beside the others (default 1): one for each, in order.",
    )
    parser.add_argument(
        "--style-mask",
        type=Path,
        action=_StyleMask,
        help="A picture that is white where the style before it is to be painted; styles without "
        "one are painted where no other style's mask is.",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        help="Where to put the result; its ending says which format.",
    )
    parser.add_argument(
        "--mask",
        type=Path,
        dest="selection",
        help="A picture that is white where the content may change.",
    )
    parser.add_argument("--trace", type=Path, help="Write every iteration's losses here (JSONL).")
    parser.add_argument("--json", action="store_true", help="Print one JSON object at the end.")
    parser.add_argument("--quiet", action="store_true", help="Print nothing but errors.")
    parser.add_argument(
        "--local", action="store_true", help="Paint in this process, without the server."
    )
    _add_settings(parser)


@dataclass
class StyleArgument:
    """One ``--style`` with what was said of it."""

    path: Path
    mask: Path | None = None


class _Style(argparse.Action):
    """A new style."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        namespace.styles = [*namespace.styles, StyleArgument(values)]


class _StyleMask(argparse.Action):
    """The mask of the style that was named last."""

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
    """One flag for each option; those for experts in a group of their own."""
    people = parser.add_argument_group("how it is painted")
    experts = parser.add_argument_group("for experts")
    for name, (option, kind, default) in options().items():
        group = experts if option.expert else people
        flag = "--" + name.replace("_", "-")
        if kind is bool:
            group.add_argument(
                flag, action=argparse.BooleanOptionalAction, default=None, help=option.help
            )
            continue
        group.add_argument(
            flag,
            default=None,
            choices=option.choices or None,
            metavar=None if option.choices else name.upper(),
            help=f"{option.help} {_values(option, default)}".replace("%", "%%"),
        )


def settings_from(arguments: argparse.Namespace) -> Settings:
    """The preset's settings with what was given on the command line.

    Raises `NeuralStyleError` ``bad-settings`` with what is allowed.
    """
    given: dict[str, Any] = {
        name: getattr(arguments, name) for name in options() if getattr(arguments, name) is not None
    }
    return Settings.of_preset(given.pop("preset", Settings().preset), **given)


def _values(option: Option, default: Any) -> str:
    """Range and default, as short as can be."""
    if option.choices:
        return f"(default {default})"
    if option.minimum is None:
        return ""
    unit = f" {option.unit}" if option.unit else ""
    words = "".join(f", {word}" for word in option.words)
    return f"({option.minimum:g} to {option.maximum:g}{unit}{words}; default {default})"
