"""What a running job tells: where it is, how long it will take, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One step of a painting, without its pixels."""

    scale: int
    """Number of the scale, from 1 (coarsest)."""
    scales: int
    iteration: int
    """Iterations done at this scale."""
    iterations: int
    """Iterations planned at this scale."""
    done: float
    """Share of all the work that is done, 0 to 1."""
    seconds: float
    """Since the job started."""
    seconds_left: float
    width: int
    """Width worked at now, in pixels."""
    height: int
    loss: float
    terms: dict[str, float] = field(default_factory=dict)
    """The loss by terms: content, style, smoothness."""
    preview_width: int = 0
    """Size of the preview that came with it; 0 if none did."""
    preview_height: int = 0

    @classmethod
    def untouched(cls, width: int, height: int, seconds: float) -> Progress:
        """The only step of a job that changes nothing."""
        return cls(
            scale=1,
            scales=1,
            iteration=0,
            iterations=0,
            done=1.0,
            seconds=seconds,
            seconds_left=0.0,
            width=width,
            height=height,
            loss=0.0,
        )

    def to_wire(self) -> dict[str, Any]:
        """The JSON object that travels."""
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Progress:
        """The progress that `to_wire` described; other fields are ignored."""
        return cls(**{entry.name: wire[entry.name] for entry in fields(cls) if entry.name in wire})


@dataclass(frozen=True)
class Estimate:
    """The size that a painting would be worked at, and how long it would take."""

    width: int
    height: int
    seconds: float

    @classmethod
    def from_wire(cls, wire: Any) -> Estimate | None:
        """The estimate that a report told, if it told one."""
        if not isinstance(wire, Mapping):
            return None
        return cls(int(wire["width"]), int(wire["height"]), float(wire["seconds"]))


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was done, beside the picture itself; what ``nst stylize --json`` prints."""

    width: int
    """Size of the result: always the content's own."""
    height: int
    worked_width: int
    """Size that was painted at; smaller than the result's where it was enlarged afterwards."""
    worked_height: int
    seconds: float
    device: str
    precision: str
    backbone: str
    preset: str
    iterations: int
    """Over all scales."""
    megapixel_iterations: float
    losses: dict[str, float] = field(default_factory=dict)
    kept_early: bool = False
    """Whether the user stopped it and kept what there was."""
    settings: dict[str, Any] = field(default_factory=dict)
    estimate: Estimate | None = None
    """Of the real painting, where the job was a draft of one."""

    @classmethod
    def untouched(cls, width: int, height: int, preset: str) -> Report:
        """The report of a worker that hands the content back without any engine."""
        return cls(
            width=width,
            height=height,
            worked_width=width,
            worked_height=height,
            seconds=0.0,
            device="none",
            precision="none",
            backbone="none",
            preset=preset,
            iterations=0,
            megapixel_iterations=0.0,
        )

    @property
    def enlarged(self) -> bool:
        """Whether the work was done at a smaller size than the result's."""
        return self.worked_width < self.width or self.worked_height < self.height

    def to_wire(self) -> dict[str, Any]:
        """The JSON object that travels."""
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Report:
        """The report that `to_wire` described; other fields are ignored."""
        known = {entry.name: wire[entry.name] for entry in fields(cls) if entry.name in wire}
        return cls(**{**known, "estimate": Estimate.from_wire(wire.get("estimate"))})
