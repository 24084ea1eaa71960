"""How a result was made, as it is written into the result's file and taken out again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nst_server import __version__
from nst_server.values.errors import NeuralStyleError
from nst_server.values.progress import Report
from nst_server.values.settings import Settings, options


@dataclass(frozen=True)
class StyleUsed:
    """A style by its file's name, without its folder, which is nobody's business."""

    file: str
    weight: float


@dataclass(frozen=True)
class Recipe:
    """Settings as they were asked for, and what was made of those that are ``auto``."""

    settings: Settings
    styles: tuple[StyleUsed, ...]
    backbone: str
    precision: str
    device: str
    worked_width: int
    worked_height: int
    versions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, report: Report, styles: Sequence[tuple[Path, float]]) -> Recipe:
        """The recipe of a finished job."""
        return cls(
            Settings.from_wire(report.settings),
            tuple(StyleUsed(path.name, weight) for path, weight in styles),
            report.backbone,
            report.precision,
            report.device,
            report.worked_width,
            report.worked_height,
            tuple((name, _version(name)) for name in ("neural-style", "tensorflow")),
        )

    def to_text(self) -> str:
        """One JSON object in ASCII; the same job gives the same text."""
        wire = asdict(self) | {"versions": dict(self.versions)}
        return json.dumps(wire, sort_keys=True)

    @classmethod
    def from_text(cls, text: str, path: Path) -> Recipe:
        """The recipe in ``path``. Raises `NeuralStyleError` ``bad-image`` or ``bad-settings``."""
        try:
            wire = json.loads(text)
            return cls(
                Settings.from_wire(wire["settings"]),
                tuple(
                    StyleUsed(str(style["file"]), float(style["weight"]))
                    for style in wire["styles"]
                ),
                str(wire["backbone"]),
                str(wire["precision"]),
                str(wire["device"]),
                int(wire["worked_width"]),
                int(wire["worked_height"]),
                tuple((str(name), str(value)) for name, value in wire["versions"].items()),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NeuralStyleError(
                "bad-image",
                f"What {path} says of how it was made is not understood.",
                "Take a result of nst stylize, as it was written.",
            ) from None

    def again(self) -> Settings:
        """Settings that do the same again, however fast or full the device is now."""
        longest, (option, _, _) = max(self.worked_width, self.worked_height), options()["size"]
        assert option.minimum is not None
        assert option.maximum is not None
        pinned: dict[str, Any] = {"backbone": self.backbone, "precision": self.precision}
        if self.settings.size == "auto" and longest >= option.minimum:
            pinned["size"] = longest if longest <= option.maximum else "full"
        return replace(self.settings, **pinned)

    def onwards(self) -> Settings:
        """Settings that go on from the result: no scale is coarser than it was painted at."""
        longest, (option, _, _) = max(self.worked_width, self.worked_height), options()["coarsest"]
        assert option.maximum is not None
        coarsest = longest if longest <= option.maximum else 0
        return replace(self.again(), init="picture", coarsest=coarsest)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from the working tree
        return __version__
