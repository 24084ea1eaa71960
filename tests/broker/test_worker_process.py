"""The ladder by which a worker is ended, and that each rung is taken only when it is needed."""

from __future__ import annotations

import sys
import time

import pytest

from nst_server.broker.worker_process import Rung, WorkerProcess
from tests.support.servers import eventually

OBEDIENT = "import sys; sys.stdin.readline(); print('up', flush=True); sys.stdin.read()"
STUBBORN = "import sys, time; sys.stdin.readline(); print('up', flush=True); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STUBBORN


@pytest.mark.parametrize(
    ("script", "rung", "end"),
    [
        (OBEDIENT, Rung.ASKED, "exit code 0"),
        (STUBBORN, Rung.TERMINATED, "signal SIGTERM"),
        (DEAF, Rung.KILLED, "signal SIGKILL"),
    ],
)
def test_no_higher_rung_is_taken_than_is_needed(
    script: str,
    rung: Rung,
    end: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nst_server.broker.worker_process.RUNG_SECONDS", 0.5)
    caplog.set_level("INFO")
    process = WorkerProcess([sys.executable, "-c", script], {}, {})
    eventually(lambda: "up" in caplog.text)  # what it prints reaches the log
    assert not process.climb(time.monotonic() + 3600)  # nothing is done before it is told to end
    assert not process.ending
    assert process.end_and_wait() is rung
    assert process.describe_end() == end


def test_one_that_ends_by_itself_is_noticed() -> None:
    process = WorkerProcess([sys.executable, "-c", "import sys; sys.exit(7)"], {}, {})
    eventually(lambda: process.climb(time.monotonic()))
    assert process.rung is Rung.ITSELF
    assert process.describe_end() == "exit code 7"


def test_the_details_are_neither_in_the_arguments_nor_in_the_environment() -> None:
    script = "import sys; sys.stdin.read()"
    process = WorkerProcess([sys.executable, "-c", script], {"secret": "only for you"}, {})
    try:
        for name in ("cmdline", "environ"):
            with open(f"/proc/{process.pid}/{name}", "rb") as stream:  # noqa: PTH123
                assert b"only for you" not in stream.read()
    finally:
        process.end_and_wait()
