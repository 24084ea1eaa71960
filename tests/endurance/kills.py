"""Kills of worker, server and client at every stage: who notices when, and the next job."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from nst_server.client.launcher import connect_or_start
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.events import Failed, Finished, Painting, Started
from tests.endurance import observing
from tests.endurance.drafts import draft, long_draft, paint, stylize_long
from tests.endurance.observing import PATIENCE, stopping
from tests.endurance.trial import Extent, Section
from tests.support.servers import alive, eventually, finish, serve_command, wait_for


def _starting(home: Home, client: Client) -> None:
    pid = observing.worker(home)["pid"]
    if pid:
        os.kill(pid, signal.SIGKILL)
        observing.until_worker_is(home, "none")
    client.submit(long_draft())
    observing.until_worker_is(home, "starting")


def _receiving(home: Home, client: Client) -> None:
    client.submit(long_draft())
    observing.until_states_are(home, ["receiving"])  # a client that does not poll gives no pixels


def _started(home: Home, client: Client) -> None:
    client.submit(long_draft())
    wait_for(client, Started, PATIENCE)


def _painting(home: Home, client: Client) -> None:
    client.submit(long_draft())
    wait_for(client, Painting, PATIENCE)


def _sending(home: Home, client: Client) -> None:
    _painting(home, client)
    client.keep()
    observing.until_states_are(home, ["sending"])


def _idle(home: Home, client: Client) -> None:
    paint(client, draft())
    observing.until_worker_is(home, "idle")


STAGES: dict[str, Callable[[Home, Client], None]] = {
    "while the worker starts": _starting,
    "before the pixels": _receiving,
    "before the first iterate": _started,
    "while it paints": _painting,
    "before the result is read": _sending,
    "with nothing to do": _idle,
}


class _Tally:
    """Outcome of the kills of one process at one stage."""

    def __init__(self, who: str, stage: str) -> None:
        self.who, self.stage = who, stage
        self.noticed: list[float] = []
        self.wrong: list[str] = []
        self.next_done = 0

    def next_job(self, client: Client) -> None:
        last = paint(client, draft())
        self.next_done += isinstance(last, Finished)
        if not isinstance(last, Finished):
            self.wrong.append(f"{self.who}, {self.stage}: the next job ended with {last}.")

    def row(self) -> list[object]:
        times = f"{1000 * min(self.noticed):.0f} – {1000 * max(self.noticed):.0f} ms"
        count = len(self.noticed)
        return [self.who, self.stage, count, times, f"{self.next_done} of {count}"]


def trial(extent: Extent, folder: Path) -> Section:
    """Kill worker, server and client by SIGKILL."""
    command = serve_command(extent.worker)
    tallies = []
    for who in ("worker", "server"):
        with stopping(Home(folder / who)) as home:
            client = connect_or_start(home, command=command)
            for stage, reach in STAGES.items():
                tallies.append(tally := _Tally(who, stage))
                for _ in range(extent.kills):
                    reach(home, client)
                    _kill(tally, home, client)
                    if who == "server":
                        client.close()
                        client = connect_or_start(home, command=command)
                    tally.next_job(client)
            client.close()
    with stopping(Home(folder / "client")) as home:
        tallies += [_clients(extent, home, waits) for waits in (False, True)]
    total = sum(len(tally.noticed) for tally in tallies)
    return Section(
        f"{total} kills by SIGKILL. The time is that from the kill until the client has its "
        "sentence; with nothing to do, until the server's status (or, of the server, a request) "
        "tells; and of a client, until its job is gone from the queue. The next job after a kill "
        "is a draft, in the same session unless the server was killed. No worker outlived its "
        "server.",
        ("Killed", "Stage", "Kills", "Noticed after", "Next job done"),
        [tally.row() for tally in tallies],
        [sentence for tally in tallies for sentence in tally.wrong],
    )


def _kill(tally: _Tally, home: Home, client: Client) -> None:
    now = observing.status(home)
    server, worker = now["pid"], now["worker"]["pid"]
    victim = worker if tally.who == "worker" else server
    begun = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    if client.busy:
        last = finish(client)[-1]
        if not isinstance(last, Failed):
            tally.wrong.append(f"{tally.who}, {tally.stage}: the job ended with {last}.")
    elif victim == worker:
        eventually(lambda: observing.worker(home)["pid"] != victim)
    else:
        with suppress(NeuralStyleError):
            client.status()
            tally.wrong.append("A killed server answered.")
    tally.noticed.append(time.monotonic() - begun)
    if victim == server and worker:
        eventually(lambda: not alive(worker))


def _clients(extent: Extent, home: Home, waits: bool) -> _Tally:
    tally = _Tally("client", "while it waits in the queue" if waits else "while it paints")
    command = serve_command(extent.worker)
    with connect_or_start(home, command=command) as other:
        for _ in range(extent.kills):
            if waits:
                _painting(home, other)
            process = stylize_long(home, home.root / "killed.png")
            states = ["painting", "queued"] if waits else ["painting"]
            observing.until_states_are(home, states)
            begun = time.monotonic()
            process.kill()
            observing.until_states_are(home, states[:-1])
            tally.noticed.append(time.monotonic() - begun)
            process.communicate()
            if waits:
                other.cancel()
                finish(other)
            tally.next_job(other)
    return tally
