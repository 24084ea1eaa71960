"""Pauses of client, server and worker in the middle of ``nst stylize``."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nst_server.client.launcher import connect_or_start
from nst_server.host.home import Home
from tests.endurance import observing
from tests.endurance.drafts import stylize
from tests.endurance.observing import PATIENCE, stopping
from tests.endurance.trial import Extent, Section
from tests.support.servers import eventually, serve_command

_PAUSES = (
    # who is stopped, and for how many seconds
    (("client",), 40.0),
    (("client", "server", "worker"), 20.0),
    (("worker",), 20.0),
    (("server", "worker"), 10.0),
    (("waiting client", "worker"), 17.0),
)


def trial(extent: Extent, folder: Path) -> Section:
    """Stop processes by SIGSTOP for a while, and see whether every painting comes."""
    rows: list[list[object]] = []
    wrong = []
    with stopping(Home(folder / "home")) as home:
        connect_or_start(home, command=serve_command(None)).close()
        for who, seconds in _PAUSES[: extent.pauses]:
            seconds = min(seconds, extent.longest_pause)
            both = "waiting client" in who
            with _painting(home, folder, extent.iterations, both) as paintings:
                clients = list(paintings.values())
                now = observing.status(home)
                done = now["jobs"][0]["progress"]["done"]
                pids = {
                    "client": clients[0].pid,
                    "waiting client": clients[-1].pid,
                    "server": now["pid"],
                    "worker": now["worker"]["pid"],
                }
                _pause([pids[name] for name in who], seconds)
                ends = [process.communicate(timeout=PATIENCE)[0] for process in clients]
            good = sum(
                path.exists() and process.returncode == 0 for path, process in paintings.items()
            )
            if good < len(paintings):
                wrong.append(f"{', '.join(who)}: {' '.join(ends)}")
            written = f"{good} of {len(paintings)}"
            rows.append([" + ".join(who), f"{seconds:g} s", f"{100 * done:.0f} %", written])
    return Section(
        "`nst stylize` at work with the real worker; the processes are stopped by SIGSTOP and "
        "go on by SIGCONT. A painting is written and exit code 0 told, or it does not count.",
        ("Stopped", "For", "Painted until then", "Paintings written"),
        rows,
        wrong,
    )


@contextmanager
def _painting(
    home: Home, folder: Path, iterations: int, both: bool
) -> Iterator[dict[Path, subprocess.Popen[str]]]:
    """An ``nst stylize`` that paints and, if ``both``, another one that waits for its turn."""
    paths = [folder / "first.png", folder / "second.png"][: 2 if both else 1]
    if both:
        iterations *= 3  # the first one must go on until the other one waits
    clients: dict[Path, subprocess.Popen[str]] = {}
    try:
        for path in paths:
            path.unlink(missing_ok=True)
            clients[path] = stylize(home, path, iterations=iterations, optimizer="adam")
            observing.until_states_are(home, ["painting", "queued"][: len(clients)])
        eventually(lambda: observing.status(home)["jobs"][0]["progress"], PATIENCE)
        yield clients
    finally:
        for process in clients.values():
            process.kill()
            process.wait()


def _pause(pids: Sequence[int], seconds: float) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in reversed(pids):
        os.kill(pid, signal.SIGCONT)
