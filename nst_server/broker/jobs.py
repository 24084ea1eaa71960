"""The server's jobs: a running one and a queue of headers; no sockets, clock or pixels."""

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
    told_position: int | None = None
    progress: dict[str, Any] = field(default_factory=dict)


class Jobs:
    """All jobs that are neither finished nor failed.

    Invariant: names are unique, and ``running`` is not in the queue.
    """

    def __init__(self) -> None:
        self.running: Entry | None = None
        self._queue: list[Entry] = []

    def __len__(self) -> int:
        return len(self.entries())

    def entries(self) -> list[Entry]:
        """Return all jobs: the running one, then the waiting ones in order."""
        return ([] if self.running is None else [self.running]) + self._queue

    @property
    def waiting(self) -> bool:
        """True if a job could be started."""
        return self.running is None and bool(self._queue)

    @property
    def first(self) -> Entry | None:
        """The running job or, if none runs, the next one."""
        entries = self.entries()
        return entries[0] if entries else None

    def submit(self, name: Any, client: bytes, job: JobHeader) -> Entry:
        """Append a job to the queue. Raises ``bad-message`` or ``busy``."""
        printable = isinstance(name, str) and name.isascii() and name.isprintable()
        if not (printable and 1 <= len(name) <= MAXIMUM_NAME):
            raise NeuralStyleError(
                "bad-message", f"A job needs a name of at most {MAXIMUM_NAME} printable characters."
            )
        if any(entry.name == name for entry in self.entries()):
            raise NeuralStyleError("bad-message", "There is a job of this name already.")
        of_client = sum(entry.client == client for entry in self._queue)
        if of_client >= MAXIMUM_OF_CLIENT:
            raise NeuralStyleError(
                "busy",
                "You have {number} jobs waiting already.",
                "Try again when some are done.",
                number=of_client,
            )
        if len(self._queue) >= MAXIMUM_QUEUED:
            raise NeuralStyleError(
                "busy",
                "The server has {number} jobs waiting already.",
                "Try again when some are done.",
                number=MAXIMUM_QUEUED,
            )
        entry = Entry(name, client, job, Transfer(job.size_in_bytes))
        self._queue.append(entry)
        return entry

    def start_next(self) -> Entry:
        """Move the first queued job to ``running`` and return it; call this only if `waiting`."""
        self.running = self._queue.pop(0)
        return self.running

    def find(self, name: str) -> Entry:
        """Return the job of this name. Raises ``bad-message`` if it does not exist (any more)."""
        for entry in self.entries():
            if entry.name == name:
                return entry
        raise NeuralStyleError("bad-message", "There is no such job.")

    def remove(self, entry: Entry) -> None:
        """Forget a job, running or waiting."""
        if entry is self.running:
            self.running = None
        else:
            self._queue.remove(entry)

    def of_client(self, client: bytes) -> list[Entry]:
        """Return the jobs of one client."""
        return [entry for entry in self.entries() if entry.client == client]

    def moved(self) -> list[tuple[Entry, int]]:
        """Return the waiting jobs, with positions, that have moved since the last call."""
        first = 0 if self.running is None else 1
        result = []
        for position, entry in enumerate(self._queue, first):
            if entry.told_position != position:
                entry.told_position = position
                result.append((entry, position))
        return result

    def to_wire(self) -> list[dict[str, Any]]:
        """Return the list of jobs in a ``status`` reply."""
        running = self.running
        result: list[dict[str, Any]] = []
        for position, entry in enumerate(self.entries()):
            result.append(
                {
                    "id": entry.name,
                    "state": _state(entry) if entry is running else "queued",
                    "position": position,
                    "progress": entry.progress,
                }
            )
        return result


def _state(entry: Entry) -> str:
    """Return the stage of a running job."""
    if not entry.upload.complete:
        return "receiving"
    return "painting" if entry.download is None else "sending"
