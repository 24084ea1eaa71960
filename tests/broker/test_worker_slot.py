"""The place for a worker: what is said of one that does not get ready."""

from __future__ import annotations

import sys

import pytest
import zmq

from nst_server.broker import worker_slot
from nst_server.broker.authentication import KnownKeys
from nst_server.broker.worker_slot import START_SECONDS, State, WorkerSlot
from tests.support.servers import eventually


@pytest.mark.parametrize(
    ("script", "later", "said"),
    [
        ("import sys; sys.stdin.read()", START_SECONDS, "not ready after 120 seconds"),
        ("import sys; sys.exit(7)", 1.0, "exit code 7"),
    ],
)
def test_why_a_worker_did_not_start_is_told(script: str, later: float, said: str) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        command = [sys.executable, "-c", script]
        slot = WorkerSlot(socket, KnownKeys(context), command, 60, {})
        try:
            slot.start(now=0.0)
            before = slot.state
            assert before is State.STARTING
            heard: list[str] = []

            def ended() -> bool:
                how = slot.check(later)
                heard.extend([] if how is None else [how])
                return bool(heard)

            eventually(ended)
        finally:
            slot.end_and_wait()
        assert heard == [said]
        assert slot.state is State.NONE


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell a process's memory")
@pytest.mark.parametrize(
    ("after_a_job", "left", "stays"),
    [
        (True, 1, False),
        (True, 2**50, True),
        (False, 1, True),
    ],
)
def test_a_worker_that_a_job_made_too_large_for_the_machine_is_ended(
    after_a_job: bool, left: int, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_slot, "available_memory", lambda: left)
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        slot = WorkerSlot(socket, KnownKeys(context), command, 60, {})
        try:
            slot.start(now=0.0)
            if after_a_job:
                slot.take_job()
                slot.release(now=0.0)
            slot.became_idle({}, now=0.0)
            assert slot.usable is stays
        finally:
            slot.end_and_wait()
