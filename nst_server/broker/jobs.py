"""The server's jobs, with workers or in the queue; no sockets, clock or pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import JobHeader
from nst_server.wire.transfer import Transfer

MAXIMUM_QUEUED = 1000
"""Most waiting jobs of all clients: a header each, so far more than people wait for."""
MAXIMUM_OF_CLIENT = 16
"""Most waiting jobs of one client, which can so never shut out the others."""
MAXIMUM_NAME = 64


@dataclass
class Entry:
    """A job of one client."""

    name: str
    client: bytes
    job: JobHeader
    upload: Transfer
    """Transfer of the pixels to the worker."""
    download: Transfer | None = None
    """Transfer of the result to the client; None until its header arrives."""
    kept: bool = False
    """True if the client asked to stop painting and take the current picture."""
    heard: float = 0.0
    """Time of its client's last word on its pixels or result."""
    slot: int | None = None
    """Number of the slot whose worker has it; None while it waits."""
    told_position: int | None = None
    progress: dict[str, Any] = field(default_factory=dict)

    @property
    def in_transfer(self) -> bool:
        """True while pixels are awaited from its client, or taken by it."""
        return not self.upload.complete or self.download is not None


class Jobs:
    """All jobs that are neither finished nor failed.

    Invariant: names are unique, and no slot has two jobs.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        """All jobs as they were submitted, so those that are running come first."""

    @property
    def running(self) -> list[Entry]:
        """The jobs that workers have."""
        return [entry for entry in self.entries if entry.slot is not None]

    @property
    def waiting(self) -> list[Entry]:
        """The queue."""
        return [entry for entry in self.entries if entry.slot is None]

    def at(self, slot: int) -> Entry | None:
        """Return the job of a slot."""
        return next((entry for entry in self.entries if entry.slot == slot), None)

    def submit(self, name: Any, client: bytes, job: JobHeader) -> Entry:
        """Append a job to the queue. Raises ``bad-message`` or ``busy``."""
        printable = isinstance(name, str) and name.isascii() and name.isprintable()
        if not (printable and 1 <= len(name) <= MAXIMUM_NAME):
            raise NeuralStyleError(
                "bad-message", f"A job needs a name of at most {MAXIMUM_NAME} printable characters."
            )
        if any(entry.name == name for entry in self.entries):
            raise NeuralStyleError("bad-message", "There is a job of this name already.")
        waiting = self.waiting
        of_client = sum(entry.client == client for entry in waiting)
        if of_client >= MAXIMUM_OF_CLIENT:
            raise NeuralStyleError(
                "busy",
                "You have {number} jobs waiting already.",
                "Try again when some are done.",
                number=of_client,
            )
        if len(waiting) >= MAXIMUM_QUEUED:
            raise NeuralStyleError(
                "busy",
                "The server has {number} jobs waiting already.",
                "Try again when some are done.",
                number=MAXIMUM_QUEUED,
            )
        entry = Entry(name, client, job, Transfer(job.size_in_bytes))
        self.entries.append(entry)
        return entry

    def start_next(self, slot: int) -> Entry:
        """Give the first waiting job to a slot that has none; call this only if one waits."""
        entry = self.waiting[0]
        entry.slot = slot
        return entry

    def find(self, name: str) -> Entry:
        """Return the job of this name. Raises ``bad-message`` if it does not exist (any more)."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise NeuralStyleError("bad-message", "There is no such job.")

    def remove(self, entry: Entry) -> None:
        """Forget a job, running or waiting."""
        self.entries.remove(entry)

    def of_client(self, client: bytes) -> list[Entry]:
        """Return the jobs of one client."""
        return [entry for entry in self.entries if entry.client == client]

    def neglected(self, since: float) -> list[Entry]:
        """Return the jobs whose clients leave pixels alone ``since`` then, if others wait."""
        if not self.waiting:
            return []
        return [entry for entry in self.running if entry.in_transfer and entry.heard < since]

    def moved(self, slots: int) -> list[tuple[Entry, int]]:
        """Return the waiting jobs, with positions, that have moved since the last call.

        A position is the number of jobs that must end before one of ``slots`` is free for it.
        """
        result = []
        for entry, position in self._positions(slots):
            if entry.slot is None and entry.told_position != position:
                entry.told_position = position
                result.append((entry, position))
        return result

    def to_wire(self, slots: int) -> list[dict[str, Any]]:
        """Return the list of jobs in a ``status`` reply; ``slots`` as above."""
        return [
            {
                "id": entry.name,
                "state": "queued" if entry.slot is None else _state(entry),
                "position": position,
                "progress": entry.progress,
            }
            for entry, position in self._positions(slots)
        ]

    def _positions(self, slots: int) -> list[tuple[Entry, int]]:
        return [(entry, max(0, at + 1 - slots)) for at, entry in enumerate(self.entries)]


def _state(entry: Entry) -> str:
    """Return the stage of a running job."""
    if not entry.upload.complete:
        return "receiving"
    return "painting" if entry.download is None else "sending"
