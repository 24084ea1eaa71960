"""The jobs a server knows: one that runs, and a queue of headers; no sockets, clock or pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import JobHeader
from nst_server.wire.transfer import Transfer

MAXIMUM_QUEUED = 16
MAXIMUM_NAME = 64


@dataclass
class Entry:
    """One job of one client."""

    name: str
    client: bytes
    job: JobHeader
    upload: Transfer
    """The pixels on their way to the worker."""
    download: Transfer | None = None
    """The result on its way back, from its header on."""
    kept: bool = False
    """Whether the client asked to stop painting and take what there is."""
    told_position: int | None = None
    progress: dict[str, Any] = field(default_factory=dict)


class Jobs:
    """Every job that is neither finished nor failed.

    Invariant: names are unique, and ``running`` is not in the queue.
    """

    def __init__(self) -> None:
        self.running: Entry | None = None
        self._queue: list[Entry] = []

    def __len__(self) -> int:
        return len(self.entries())

    def entries(self) -> list[Entry]:
        """All jobs: the running one, then those that wait, in order."""
        return ([] if self.running is None else [self.running]) + self._queue

    @property
    def waiting(self) -> bool:
        """Whether a job could be started."""
        return self.running is None and bool(self._queue)

    @property
    def first(self) -> Entry | None:
        """The job that runs or that will run next."""
        entries = self.entries()
        return entries[0] if entries else None

    def submit(self, name: Any, client: bytes, job: JobHeader) -> Entry:
        """Put a job at the queue's end. Raises ``bad-message`` or ``busy``."""
        good = isinstance(name, str) and name.isascii() and name.isprintable()
        if not (good and 1 <= len(name) <= MAXIMUM_NAME):
            raise NeuralStyleError(
                "bad-message", f"A job needs a name of at most {MAXIMUM_NAME} printable characters."
            )
        if any(entry.name == name for entry in self.entries()):
            raise NeuralStyleError("bad-message", "There is a job of this name already.")
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
        """Take the first job out of the queue as the running one; only if one is `waiting`."""
        self.running = self._queue.pop(0)
        return self.running

    def find(self, name: str) -> Entry:
        """The job of that name. Raises ``bad-message`` if there is none (any more)."""
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
        """The jobs of one client."""
        return [entry for entry in self.entries() if entry.client == client]

    def moved(self) -> list[tuple[Entry, int]]:
        """The waiting jobs whose position has changed since this was called last."""
        before = 0 if self.running is None else 1
        result = []
        for position, entry in enumerate(self._queue, before):
            if entry.told_position != position:
                entry.told_position = position
                result.append((entry, position))
        return result

    def to_wire(self) -> list[dict[str, Any]]:
        """What ``status`` tells of the jobs."""
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
    """What a running job is at."""
    if not entry.upload.complete:
        return "receiving"
    return "painting" if entry.download is None else "sending"
