"""Jobs in a row, each in a session of its own, and the memory of server and worker."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from nst_server.host.home import Home
from tests.endurance.drafts import draft, painted
from tests.endurance.observing import megabytes
from tests.endurance.trial import Extent, Section
from tests.support.servers import serve_command, start

_MARKS = {1, 3, 10, 30, 100, 200, 300, 400, 500}


def trial(extent: Extent, folder: Path) -> Section:
    """Paint drafts with other pixels each time."""
    rows: list[list[object]] = []
    workers = set()
    with closing(start(Home(folder / "home"), serve_command(extent.worker))) as server:
        begun = time.monotonic()
        for number in range(1, extent.jobs + 1):
            with server.connect() as client:
                painted(client, draft(number, iterations=2))
            server.clients.clear()
            if number in _MARKS or number == extent.jobs:
                worker = server.worker()["pid"]
                workers.add(worker)
                memory = [megabytes(server.process.pid), megabytes(worker)]
                rows.append([number, f"{time.monotonic() - begun:.0f} s", *memory])
    return Section(
        f"{extent.jobs} drafts of two iterations and three shapes, each with other pixels and in a "
        "session of its own. All were finished. Memory is that held after the job.",
        ("After job", "Time", "Server, MB", "Worker, MB"),
        rows,
        [] if len(workers) == 1 else ["The worker was replaced."],
    )
