"""Real Dask schedulers and workers as processes of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from distributed import Client

from nst_server.engine.painter import Painter
from nst_server.host.home import Home
from nst_server.wire.events import Finished
from nst_server.wire.order import Order, spooled
from nst_server.wire.spool import Spool
from nst_server.worker.job_events import job_events
from tests.support.servers import SOURCES, eventually

DASK = (sys.executable, "-m", "dask")

ONE_THREAD = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
"""What TensorFlow's threads are set by: with more of them sums are rounded otherwise."""


def painted_alone(orders: Sequence[Order]) -> list[bytes]:
    """Pixels as this process paints them, one picture after the other."""
    painter = Painter(Home.default().weights)
    return [
        event.pixels.read()
        for order in orders
        for event in job_events(painter, spooled(order, Spool.holding), keep=lambda: False)
        if isinstance(event, Finished)
    ]


@dataclass
class Scheduler:
    """A scheduler and the workers that were started for it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] = field(init=False)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    address: str = ""

    def __post_init__(self) -> None:
        file = self.folder / "scheduler.json"
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file)
        self.process = self._start("scheduler", *options, **self.environment)
        eventually(file.exists, 30)
        self.address = eventually(lambda: _address(file), 10)

    def add_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, without a nanny to start it again, and wait for it."""
        options = ("--no-nanny", "--nthreads", "1", "--no-dashboard")
        with Client(self.address, timeout=60, set_as_default=False) as client:
            others = len(client.nthreads())
            worker = self._start("worker", self.address, *options, **environment)
            self.workers.append(worker)
            client.wait_for_workers(others + 1, timeout=60)
        return worker

    def close(self) -> None:
        for process in (*self.workers, self.process):
            process.kill()
            process.wait()

    def _start(self, *words: object, **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [*DASK, *map(str, words)],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(SOURCES), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        return (self.folder / "log.txt").read_text(encoding="utf-8")


def _address(file: Path) -> str:
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["address"])
    except ValueError:  # half written
        return ""
