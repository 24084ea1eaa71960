"""The place for a worker: what is said of one that does not get ready."""

from __future__ import annotations

import sys

import pytest
import zmq

from nst_server.service.authentication import KnownKeys
from nst_server.service.worker_slot import START_SECONDS, State, WorkerSlot
from tests.service.servers import eventually


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
        slot = WorkerSlot(socket, KnownKeys(context), {}, command, idle_seconds=60)
        try:
            slot.start(now=0.0)
            assert slot.state is State.STARTING
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
