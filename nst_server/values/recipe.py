"""A recipe: how a painting was asked for and made, as text that stays with it.

A picture file's metadata, a GIMP layer's parasite and the memory of GIMP's dialog hold the same
record. Records of version 0.1.0, which had different keys in each of these places, are read too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from nst_server import __version__
from nst_server.values.progress import Report
from nst_server.values.settings import OPTIONS, Settings

StyleKind = Literal["file", "layer", "pattern"]


@dataclass(frozen=True)
class RecipeStyle:
    """A style by name and kind, with its weight relative to the others."""

    kind: StyleKind
    name: str
    """A file's name or URI, a pattern's name, or the number of a layer in its GIMP image, 0 for
    one that is gone."""
    weight: float = 1.0
    region: int = 0
    """Number of the channel in which the style is painted, in its GIMP image; 0 for none."""


@dataclass(frozen=True)
class Made:
    """The choices behind settings that are ``auto``, and whether the painting was finished."""

    backbone: str
    precision: str
    device: str
    worked_width: int
    worked_height: int
    kept_early: bool = False

    @classmethod
    def of(cls, report: Report) -> Made:
        """Return the choices that a report tells."""
        return cls(
            report.backbone,
            report.precision,
            report.device,
            report.worked_width,
            report.worked_height,
            report.kept_early,
        )

    @property
    def longest(self) -> int:
        """Longest side that was painted at, in pixels."""
        return max(self.worked_width, self.worked_height)


@dataclass(frozen=True)
class Recipe:
    """Settings, styles and output as they were asked for, and how the painting was made."""

    settings: Settings
    styles: tuple[RecipeStyle, ...]
    """In GIMP the first style and then the second, if there are any."""
    output: str = ""
    """GIMP's argument ``output``; empty in a shell."""
    image: int = 0
    """GIMP's number of the image that numbers of layers and channels are valid in, while GIMP
    runs; 0 if the recipe lies in that image."""
    layer: int = 0
    """Number of the painted layer in its GIMP image; 0 if it is not in the same image."""
    made: Made | None = None
    """None before it is painted."""
    versions: tuple[tuple[str, str], ...] = ()
    """Names and versions of the packages that painted it."""

    def to_wire(self) -> dict[str, Any]:
        """Return one JSON object."""
        return asdict(self) | {"settings": self.settings.to_wire(), "versions": dict(self.versions)}

    def to_text(self) -> str:
        """Return one JSON object in ASCII; the same job gives the same text."""
        return json.dumps(self.to_wire(), sort_keys=True)

    @classmethod
    def from_text(cls, text: str | bytes) -> Recipe:
        """Return the recipe that `to_text` wrote, now or in version 0.1.0.

        Raises `ValueError` for any other text, and `NeuralStyleError` ``bad-settings`` for
        settings that are not allowed.
        """
        try:
            wire = json.loads(text)
            made = wire["made"] if "made" in wire else _made_in_0_1_0(wire)
            return cls(
                settings=Settings.from_wire(wire["settings"]),
                styles=tuple(map(_style_from_wire, _listed_styles(wire["styles"]))),
                output=str(wire.get("output", "")),
                image=int(wire.get("image", 0)),
                layer=int(wire.get("layer", 0)),
                made=None if made is None else _made_from_wire(made),
                versions=tuple(
                    (str(name), str(value)) for name, value in wire.get("versions", {}).items()
                ),
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError("not a recipe") from error

    def portable(self) -> Recipe:
        """Return the recipe for another image, without layers and channels of its own image."""
        styles = tuple(
            replace(style, name="0" if style.kind == "layer" else style.name, region=0)
            for style in self.styles
        )
        return replace(self, styles=styles, image=0, layer=0)

    def again(self) -> Settings:
        """Return settings that paint the same again, however fast or full the device is now."""
        if self.made is None:
            return self.settings
        option = OPTIONS["size"]
        assert option.minimum is not None and option.maximum is not None
        pinned: dict[str, Any] = {"backbone": self.made.backbone, "precision": self.made.precision}
        longest = self.made.longest
        if self.settings.size == "auto" and longest >= option.minimum:
            pinned["size"] = longest if longest <= option.maximum else "full"
        return replace(self.settings, **pinned)

    def onwards(self) -> Settings:
        """Return settings to go on from the painting; no scale is coarser than it was painted."""
        most = OPTIONS["coarsest"].maximum
        assert most is not None and self.made is not None
        coarsest = self.made.longest if self.made.longest <= most else 0
        return replace(self.again(), init="picture", coarsest=coarsest)


def installed_versions() -> tuple[tuple[str, str], ...]:
    """Return names and versions of the packages that paint, as far as installed here."""
    versions = {"neural-style": __version__}  # also when run from the working tree
    with suppress(PackageNotFoundError):  # in GIMP's Python
        versions["tensorflow"] = version("tensorflow")
    return tuple(versions.items())


def _style_from_wire(wire: Mapping[str, Any]) -> RecipeStyle:
    kind = wire["kind"]
    if kind not in ("file", "layer", "pattern"):
        raise ValueError(kind)
    return RecipeStyle(
        kind, str(wire["name"]), float(wire.get("weight", 1.0)), int(wire.get("region", 0))
    )


def _made_from_wire(wire: Mapping[str, Any]) -> Made:
    return Made(
        str(wire["backbone"]),
        str(wire["precision"]),
        str(wire["device"]),
        int(wire["worked_width"]),
        int(wire["worked_height"]),
        bool(wire.get("kept_early", False)),
    )


# Version 0.1.0: a file's recipe was flat, a layer's had the server's report inside.


def _made_in_0_1_0(wire: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if "backbone" in wire:
        return wire
    report: Mapping[str, Any] | None = wire.get("report")
    return report


def _listed_styles(styles: Any) -> list[dict[str, Any]]:
    """Return styles as they are listed now; 0.1.0 had file names, or a first and a second style."""
    if isinstance(styles, list):
        return [
            style if "kind" in style else {"kind": "file", "name": style["file"], **style}
            for style in styles
        ]
    share = float(styles["share"]) / 100
    listed = []
    for place, weight in (("first", 1 - share), ("second", share)):
        for kind, name in styles[place].items():
            listed.append({"kind": kind, "name": name, "weight": weight})
    if len(listed) == 2:
        listed[1]["region"] = styles["channel"]
    return listed
