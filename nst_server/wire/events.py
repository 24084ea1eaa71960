"""What a client hears of its job, to be consumed by ``match``."""

from __future__ import annotations

from dataclasses import dataclass

from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import PictureShape
from nst_server.values.progress import Progress, Report
from nst_server.wire.spool import Spool


@dataclass(frozen=True)
class Queued:
    """The job waits; ``position`` others are before it."""

    position: int


@dataclass(frozen=True)
class Started:
    """A worker took the job: the device and the size that is really worked at."""

    device: str
    precision: str
    backbone: str
    width: int
    height: int


@dataclass(frozen=True)
class Painting:
    """Progress, and every now and then a preview: rows of uint8 RGB of the size it names."""

    progress: Progress
    preview: bytes | None = None


@dataclass(frozen=True)
class Finished:
    """The result: its pixels in the content's channels and sample type, and what was done."""

    picture: PictureShape
    pixels: Spool
    """``picture.size_in_bytes`` of them."""
    report: Report


@dataclass(frozen=True)
class Failed:
    """No result will come; ``error.code`` is ``cancelled`` after a cancel."""

    error: NeuralStyleError


Event = Queued | Started | Painting | Finished | Failed
