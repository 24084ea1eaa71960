"""The places for workers, one for each GPU: who gets the next job, and who has to be started."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from nst_server.broker.worker_slot import State, WorkerSlot

_log = logging.getLogger(__name__)


class Workers:
    """All slots. Those whose worker cannot use its GPU get no jobs, while any other can."""

    def __init__(self, slots: Sequence[WorkerSlot]) -> None:
        """``slots`` has at least one."""
        self._slots = slots

    def __iter__(self) -> Iterator[WorkerSlot]:
        return iter(self._slots)

    @property
    def employed(self) -> Sequence[WorkerSlot]:
        """The slots that get jobs: those without an obstacle or, if all have one, the first."""
        return [slot for slot in self._slots if not slot.obstacle] or self._slots[:1]

    @property
    def ending(self) -> bool:
        """True if a worker was told to end and has not ended yet."""
        return any(slot.ending for slot in self._slots)

    @property
    def free(self) -> WorkerSlot | None:
        """A slot whose worker can take a job now."""
        return next((slot for slot in self.employed if slot.usable), None)

    def called(self, identity: bytes) -> WorkerSlot | None:
        """Return the slot of a worker; None for one that is replaced or ending."""
        return next(
            (slot for slot in self._slots if slot.identity == identity and not slot.ending), None
        )

    def at(self, number: int | None) -> WorkerSlot | None:
        """Return the slot of that number."""
        return next((slot for slot in self._slots if slot.number == number), None)

    def wanted(self, waiting: int) -> list[WorkerSlot]:
        """Return the empty slots in which ``waiting`` jobs want a worker.

        None is wanted for a job that can have a worker which is starting, or about to be idle.
        """
        employed = self.employed
        coming = sum(slot.coming for slot in employed)
        empty = [slot for slot in employed if slot.state is State.NONE]
        return empty[: max(0, waiting - coming)]

    def can_spare(self, slot: WorkerSlot, obstacle: str) -> bool:
        """Note what is in the way of a slot; return False if no other could do its work."""
        if len(self.employed) == 1:
            return False
        slot.obstacle = obstacle
        return True

    def postpone(self, seconds: float) -> None:
        """Give all workers so much more time for what they are doing."""
        for slot in self._slots:
            slot.postpone(seconds)

    def end_and_wait(self, now: float) -> None:
        """End all processes, whatever it takes."""
        for slot in self._slots:
            slot.end(now)
        for slot in self._slots:
            slot.end_and_wait()

    def to_wire(self) -> list[dict[str, Any]]:
        """Return the list of workers in a ``status`` reply."""
        return [slot.to_wire() for slot in self._slots]
