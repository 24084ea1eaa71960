"""Progress of a running job, an estimate of its time, and the report of its result."""

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
    """Share of the work that is done, 0 to 1."""
    seconds: float
    """Seconds since the job started."""
    seconds_left: float
    width: int
    """Width that is painted at now, in pixels."""
    height: int
    loss: float
    terms: dict[str, float] = field(default_factory=dict)
    """The loss by terms: content, style, smoothness."""
    preview_width: int = 0
    """Width of the preview that came with the progress; 0 without one."""
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
        """Return the JSON object that travels."""
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Progress:
        """Return the progress that `to_wire` described; other fields are ignored."""
        return cls(**{entry.name: wire[entry.name] for entry in fields(cls) if entry.name in wire})


@dataclass(frozen=True)
class Estimate:
    """The size at which a picture would be painted, and the seconds that this would take."""

    width: int
    height: int
    seconds: float

    @classmethod
    def from_wire(cls, wire: Any) -> Estimate | None:
        """Return the estimate in a report; None without one."""
        if not isinstance(wire, Mapping):
            return None
        return cls(int(wire["width"]), int(wire["height"]), float(wire["seconds"]))


@dataclass(frozen=True, kw_only=True)
class Report:
    """Facts about a finished painting, as ``nst stylize --json`` prints them."""

    width: int
    """Width of the result: always the content's own."""
    height: int
    worked_width: int
    """Width that was painted at; smaller than the result's if it was enlarged afterwards."""
    worked_height: int
    seconds: float
    device: str
    precision: str
    backbone: str
    preset: str
    iterations: int
    """Iterations over all scales."""
    megapixel_iterations: float
    losses: dict[str, float] = field(default_factory=dict)
    kept_early: bool = False
    """True if the user stopped early and kept the painting."""
    settings: dict[str, Any] = field(default_factory=dict)
    estimate: Estimate | None = None
    """Estimate for the real painting, if the job was a draft of one."""

    @classmethod
    def untouched(cls, width: int, height: int, preset: str) -> Report:
        """Return the report of a worker that hands the content back without an engine."""
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
        """True if it was painted at a smaller size than the result's."""
        return self.worked_width < self.width or self.worked_height < self.height

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object that travels."""
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Report:
        """Return the report that `to_wire` described; other fields are ignored."""
        known = {entry.name: wire[entry.name] for entry in fields(cls) if entry.name in wire}
        return cls(**{**known, "estimate": Estimate.from_wire(wire.get("estimate"))})
