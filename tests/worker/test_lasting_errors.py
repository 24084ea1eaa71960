"""A worker whose TensorFlow has failed says so and ends: another process paints the next job."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job
from nst_server.wire.events import Failed
from nst_server.wire.protocol import Message
from nst_server.worker import __main__ as process
from nst_server.worker import frame_events
from tests.support.servers import eventually, finish, make_order, serve_command, start

pytestmark = pytest.mark.engine

FAILING_WORKER = """
from tensorflow import errors
from nst_server.worker import __main__ as process, frame_events

def fail(*_):
    raise errors.InternalError(None, None, "CUDA_ERROR_LAUNCH_FAILED")
    yield

frame_events.frame_events = fail
process.main()
"""


class Link:
    """Takes what the worker says."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def receive_pixels(self, *_: object) -> None:
        pass

    def send(self, message: Message) -> None:
        self.sent.append(message)


@pytest.mark.parametrize(
    ("error", "is_fit", "said"),
    [
        (tf.errors.InternalError(None, None, "CUDA_ERROR_LAUNCH_FAILED"), False, "InternalError"),
        (tf.errors.UnavailableError(None, None, "the device is gone"), False, "UnavailableError"),
        (tf.errors.ResourceExhaustedError(None, None, "too large"), True, "not enough memory"),
        (NeuralStyleError("bad-image", "A mask is missing."), True, "A mask is missing."),
        (ValueError("a shape"), True, "Something went wrong"),
    ],
)
def test_only_after_an_error_of_the_device_it_ends(
    error: Exception, is_fit: bool, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> Iterator[Any]:
        raise error
        yield

    monkeypatch.setattr(frame_events, "frame_events", fail)
    monkeypatch.setattr(process, "_painter", lambda *_: None)
    monkeypatch.setattr(Job, "from_wire", lambda _: None)
    link, message = Link(), Message("job", {"job": "1"})
    assert process._work(link, (tmp_path, tmp_path), message) is is_fit  # type: ignore[arg-type]
    (failed,) = link.sent
    assert failed.kind == "failed"
    assert said in str(NeuralStyleError.from_wire(failed.fields["error"]))


def test_every_job_after_such_an_error_gets_another_process(tmp_path: Path) -> None:
    server = start(Home(tmp_path), serve_command([sys.executable, "-c", FAILING_WORKER]))
    with server.connect() as client:
        for _ in range(2):
            client.submit(make_order())
            (error,) = (event.error for event in finish(client, 60) if isinstance(event, Failed))
            assert error.sentence == "TensorFlow failed while painting: InternalError."
    eventually(lambda: server.worker()["state"] == "none")
    started = re.findall(r"worker \d+ started", server.log)
    assert len(set(started)) == 2
    server.close()
