"""Lids that close, Ctrl-Z, paused containers: who wakes listens first, and judges after."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from nst_server.client import session
from nst_server.client.transport import unreachable
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.protocol import SILENCE_SECONDS
from tests.support.scripted_worker import Manner
from tests.support.servers import Server, environment, make_order, serve_command, start

PAUSE_SECONDS = SILENCE_SECONDS + 2
CLIENT = """
import sys
from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.wire.events import Failed, Finished, Painting, Queued
from tests.support.servers import make_order
with Client.connect(Home.default()) as client:
    client.submit(make_order(int(sys.argv[1])))
    told = kept = False
    while client.busy:
        for event in client.poll(0.1):
            if isinstance(event, Painting | Queued) and not told:
                told = True
                print("under way", flush=True)
                sys.stdin.readline()
            if isinstance(event, Finished | Failed):
                print(type(event).__name__, getattr(event, "error", ""), flush=True)
        if told and not kept:
            kept = True
            client.keep()
"""


@contextlib.contextmanager
def client(server: Server, manner: Manner) -> Iterator[subprocess.Popen[str]]:
    """A client in a process of its own whose job is under way; it goes on at a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(int(manner))],
        env=environment(server.home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "under way\n"
    yield process
    process.kill()
    process.wait()


def paused(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(PAUSE_SECONDS)
    for pid in reversed(pids):
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("who", ["client", "all"])
def test_a_pause_costs_nobody_a_painting(start_server: Callable[..., Server], who: str) -> None:
    server = start_server()
    with client(server, Manner.SLOW) as process:
        others = [server.process.pid, server.worker()["pid"]] if who == "all" else []
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        paused(process.pid, *others)
        out, _ = process.communicate(timeout=30)
    assert out.startswith("Finished")


def test_a_paused_client_keeps_its_place_in_the_queue(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    with client(server, Manner.SLOW) as first, client(server, Manner.GOOD) as second:
        assert second.stdin is not None and first.stdin is not None
        second.stdin.write("\n")
        second.stdin.flush()
        paused(second.pid)
        first.stdin.write("\n")
        first.stdin.flush()
        out, _ = second.communicate(timeout=30)
    assert out.startswith("Finished")


def test_a_client_that_leaves_its_job_alone_does_not_keep_others_waiting(
    home: Home,
) -> None:
    python, flag, script, *words = serve_command()
    impatient = "from nst_server.broker import broker; broker.IMPATIENCE_SECONDS = 2.0\n"
    server = start(home, [python, flag, impatient + script, *words])
    with contextlib.closing(server), client(server, Manner.GOOD) as first:
        os.kill(first.pid, signal.SIGSTOP)
        with client(server, Manner.GOOD) as second:
            assert second.stdin is not None
            second.stdin.write("\n")
            second.stdin.flush()
            out, _ = second.communicate(timeout=40)
        os.kill(first.pid, signal.SIGCONT)
    assert out.startswith("Finished")


class Sleeper:
    """A way to the server on which a lid closes: a wait of 40 s, and messages only after it."""

    elsewhere = False

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps = [40.0]

    def send(self, frames: Sequence[Any]) -> None:
        pass

    def wait(self, seconds: float) -> None:
        self.now += self.naps.pop() if self.naps else seconds

    def received(self) -> Iterator[Sequence[Any]]:
        return iter(())

    def arriving(self) -> bool:
        return False

    def ended(self) -> bool:
        return False

    def verdict(self, busy: bool) -> NeuralStyleError:
        raise AssertionError

    def unanswered(self) -> NeuralStyleError:
        raise AssertionError

    def silence(self) -> NeuralStyleError:
        return unreachable("The server cannot be reached: it fell silent.")

    def close(self) -> None:
        pass


def test_who_wakes_listens_before_it_judges(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = Sleeper()
    monkeypatch.setattr("nst_server.client.session.time.monotonic", lambda: sleeper.now)
    client = session.Client(sleeper, home)
    sleeper.naps = []
    client.submit(make_order())
    sleeper.naps = [40.0]
    assert client.poll(0.1) == []
    assert client.busy, "silence is judged only of what was listened to"
    while client.busy:
        client.poll(0.5)
    assert sleeper.now < 1000 + 40 + SILENCE_SECONDS + 2
