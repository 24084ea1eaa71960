"""A slot for a worker: its process, its state and the deadline of that state."""

from __future__ import annotations

import enum
import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import zmq

from nst_server.broker.authentication import KeyPair, KnownKeys
from nst_server.broker.worker_process import WorkerProcess
from nst_server.host.memory import available_memory, resident_memory
from nst_server.host.nvidia import VISIBLE, Gpu
from nst_server.wire.protocol import Message

_log = logging.getLogger(__name__)

DOMAIN = "workers"
START_SECONDS = 120.0
"""Seconds until a worker that is not ready is given up; TensorFlow's import can take a while."""
RELEASE_SECONDS = 10.0
"""Seconds from the end of a job until a worker that has not become idle is replaced."""


class State(enum.Enum):
    """Activity of the worker."""

    NONE = "none"
    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"


class WorkerSlot:
    """Starts a worker, talks to it, and ends it when the deadline of its state has passed.

    Every worker gets new keys and a new name, so that a late message of a replaced worker is never
    taken for its successor's.
    """

    def __init__(
        self,
        socket: zmq.Socket[bytes],
        known: KnownKeys,
        command: Sequence[str],
        idle_seconds: float,
        details: Mapping[str, str],
        number: int = 1,
        gpu: Gpu | None = None,
    ) -> None:
        """``gpu`` is the one that the worker may use; None leaves it to TensorFlow."""
        self.number = number
        self.state = State.NONE
        self.identity = b""
        self.told: dict[str, Any] = {}
        """Facts that the worker reported about itself: device, backbone, precision."""
        self.obstacle = ""
        """A sentence on why the GPU cannot be used, for as long as the server runs."""
        self._gpu = gpu
        self._public = b""
        self._socket = socket
        self._known = known
        self._details = details
        self._command = command
        self._idle_seconds = idle_seconds
        self._process: WorkerProcess | None = None
        self._deadline = math.inf
        self._given_up = ""
        self._starts = 0

    @property
    def usable(self) -> bool:
        """True if the worker can take a job now."""
        return self.state is State.IDLE and not self.ending

    @property
    def ending(self) -> bool:
        """True if the worker was told to end and has not ended yet."""
        return self._process is not None and self._process.ending

    @property
    def coming(self) -> bool:
        """True if the worker can take a job now, or will soon if nothing goes wrong."""
        is_released = self.state is State.BUSY and self._deadline < math.inf
        return self.state in {State.IDLE, State.STARTING} or is_released

    def start(self, now: float) -> None:
        """Start a process in the empty slot. Raises `OSError` if that fails."""
        self._starts += 1
        name = f"worker-{self.number}-{self._starts}"
        keys = KeyPair.new()
        self._public = keys.public
        self._known.allow(DOMAIN, self._public)
        visible = "" if self._gpu is None else self._gpu.visible
        self._process = WorkerProcess(
            self._command,
            {
                **self._details,
                "name": name,
                "public": keys.public.decode(),
                "secret": keys.secret.decode(),
            },
            {VISIBLE: visible} if visible else {},
        )
        self.identity = name.encode()
        self._enter(State.STARTING, now + START_SECONDS)
        _log.info("worker %d started", self._process.pid)

    def became_idle(self, told: Mapping[str, Any], now: float) -> None:
        """Note that the worker can take a job; it is ended if none comes in its idle time.

        ``told`` has what it says of itself, and an ``obstacle`` if it cannot use its GPU.
        A worker whose job left it with more memory than remains for all other processes is ended
        at once, because TensorFlow keeps its memory.
        """
        self.told |= told
        self.obstacle = str(self.told.pop("obstacle", self.obstacle))
        had_a_job = self.state is State.BUSY
        # A new worker has been started for a job, which it gets next.
        idle = self._idle_seconds if had_a_job else max(self._idle_seconds, RELEASE_SECONDS)
        self._enter(State.IDLE, now + idle)
        if had_a_job and self._process is not None:
            used, left = resident_memory(self._process.pid), available_memory()
            if used is not None and left is not None and used > left:
                megabytes = used // 2**20
                _log.info("worker %d has %d MB, more than is left", self._process.pid, megabytes)
                self.end(now)

    def take_job(self) -> None:
        """Note that the worker has a job, for which it may take any time."""
        self._enter(State.BUSY, math.inf)

    def release(self, now: float) -> None:
        """Note that the job is over, for whatever reason: the worker must become idle soon."""
        self._enter(State.BUSY, now + RELEASE_SECONDS)

    def end(self, now: float) -> None:
        """Begin to end the worker."""
        if self._process is not None:
            self._process.end(now)

    def send(self, message: Message, now: float) -> None:
        """Send to the worker; a worker that cannot be reached is ended."""
        try:
            self._socket.send_multipart(
                [self.identity, *message.to_frames()], zmq.NOBLOCK, copy=False
            )
        except zmq.ZMQError as error:
            _log.warning("worker cannot be reached: %s", error)
            self.end(now)

    def postpone(self, seconds: float) -> None:
        """Give the worker so much more time for what it is doing."""
        self._deadline += seconds

    def check(self, now: float) -> str | None:
        """Enforce the deadline; if the process has ended, empty the slot and return the reason."""
        if self._process is None:
            return None
        if now >= self._deadline and not self.ending:
            _log.info("worker %d was %s for too long", self._process.pid, self.state.value)
            if self.state is State.STARTING:
                self._given_up = f"not ready after {START_SECONDS:.0f} seconds"
            self.end(now)
        if not self._process.climb(now):
            return None
        reason = self._given_up or self._process.describe_end()
        _log.info("worker %d %s: %s", self._process.pid, self._process.rung.value, reason)
        self._empty()
        return reason

    def end_and_wait(self) -> None:
        """End the process, whatever it takes."""
        if self._process is not None:
            rung = self._process.end_and_wait()
            _log.info("worker %d %s", self._process.pid, rung.value)
            self._empty()

    def to_wire(self) -> dict[str, Any]:
        """Return the entry on the worker in a ``status`` reply."""
        pid = None if self._process is None else self._process.pid
        return {
            "state": "ending" if self.ending else self.state.value,
            "pid": pid,
            "gpu": None if self._gpu is None else self._gpu.name,
            "obstacle": self.obstacle,
            **self.told,
        }

    def _enter(self, state: State, deadline: float) -> None:
        self.state = state
        self._deadline = deadline

    def _empty(self) -> None:
        self._known.forget(DOMAIN, self._public)
        self._process = None
        self._given_up = ""
        self.identity = b""
        self.told = {}
        self._enter(State.NONE, math.inf)
