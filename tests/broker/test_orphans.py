"""A worker that outlives its server, and what the next server does about it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from nst_server.broker.orphan import end_orphan, worker_lock
from nst_server.host.home import Home
from nst_server.host.process_lock import hold, holder
from tests.support.servers import (
    Server,
    alive,
    environment,
    eventually,
    make_order,
    serve_command,
    start,
)

StartServer = Callable[..., Server]

_HOLDS = """
import sys, time
from pathlib import Path
from nst_server.host.process_lock import hold
hold(Path(sys.argv[1]))
print(flush=True)
time.sleep(60)
"""


@pytest.fixture
def process(home: Home) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the worker's lock of a home."""
    home.place.mkdir(parents=True)
    command = [sys.executable, "-c", _HOLDS, str(worker_lock(home.lock_file))]
    process = subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()


def test_a_lock_names_its_holder_as_long_as_that_lives(
    home: Home, process: subprocess.Popen[str]
) -> None:
    lock = worker_lock(home.lock_file)
    assert holder(lock) == process.pid
    with pytest.raises(OSError, match=r".+"):
        hold(lock)
    process.kill()
    process.wait()
    assert holder(lock) is None
    end_orphan(lock)  # nobody is there
    assert holder(lock.with_name("never made")) is None


def test_a_worker_that_was_stopped_is_ended_by_the_next_server(start_server: StartServer) -> None:
    server = start_server(worker_command=None)  # the real one, before it has its engine
    lock = worker_lock(server.home.lock_file)
    server.connect().submit(make_order())
    worker = int(eventually(lambda: server.worker()["pid"]))
    try:
        eventually(lambda: holder(lock) == worker)
        os.kill(worker, signal.SIGSTOP)
        server.process.kill()
        server.process.wait()
        assert alive(worker)
        successor = start(server.home, serve_command())
        assert not alive(worker)
        assert f"worker {worker}, which an earlier server had left, was killed" in successor.log
        successor.close()
    finally:
        if alive(worker):
            os.kill(worker, signal.SIGKILL)


def test_a_process_that_only_has_its_number_is_left_alone(home: Home) -> None:
    """Whatever a lock file says or said, only its holder is meant."""
    bystander = subprocess.Popen(["sleep", "60"])
    home.place.mkdir(parents=True)
    worker_lock(home.lock_file).write_text(str(bystander.pid), encoding="ascii")
    try:
        start(home, serve_command()).close()
        assert alive(bystander.pid)
    finally:
        bystander.kill()
        bystander.wait()
