"""Events that a client receives about its job, to be consumed by ``match``."""

from __future__ import annotations

from dataclasses import dataclass

from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import PictureShape
from nst_server.values.progress import Progress, Report
from nst_server.wire.spool import Spool


def where(machine: str, device: str) -> str:
    """Name a device, and before it the machine that has it unless that is empty."""
    return f"{machine} ({device})" if machine else device


@dataclass(frozen=True)
class Queued:
    """The job waits behind ``position`` others."""

    position: int


@dataclass(frozen=True)
class Started:
    """A worker took the job; the fields give its device and the size that is really painted."""

    device: str
    precision: str
    backbone: str
    width: int
    height: int
    machine: str = ""
    """Name of the machine, if it is another one that the user chose."""

    @property
    def where(self) -> str:
        """Name of the device, and before it that of another machine."""
        return where(self.machine, self.device)


@dataclass(frozen=True)
class Painting:
    """Progress and, now and then, a preview: rows of uint8 RGB, sized as ``progress`` says."""

    progress: Progress
    preview: bytes | None = None


@dataclass(frozen=True)
class Finished:
    """The result: its pixels, with the content's channels and sample type, and the report."""

    picture: PictureShape
    pixels: Spool
    """The ``picture.size_in_bytes`` bytes of the result."""
    report: Report


@dataclass(frozen=True)
class Failed:
    """No result will come; ``error.code`` is ``cancelled`` after a cancel."""

    error: NeuralStyleError


Event = Queued | Started | Painting | Finished | Failed
