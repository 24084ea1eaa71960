"""Any valid job, from header to result: done, or refused in words that say what to change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from nst_server.host.home import Home
from nst_server.values.settings import OPTIONS
from nst_server.wire.events import Failed, Finished
from nst_server.wire.order import Order
from tests.support.any_jobs import orders
from tests.support.servers import Server, finish, serve_command, start

pytestmark = pytest.mark.engine

QUICK: dict[str, Any] = {"iterations": 2, "size": 64, "time_limit": 1, "precision": "float32"}
RETRACED = {"pooling", "style_loss", "formulation", "optimizer", "tile", "seamless"}
"""Options with which TensorFlow traces the method anew, for seconds: only in a long run."""
EXAMPLES = settings().max_examples
WORDS = {"preset", "style_layers", "content_layers", "backbone"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start(Home(tmp_path_factory.mktemp("home")), serve_command(worker_command=None))
    yield server
    server.close()
    assert "Traceback" not in server.log


@settings(max_examples=EXAMPLES // 60, phases=[Phase.generate])
@given(orders(QUICK, set(OPTIONS) - set(QUICK) - WORDS - (RETRACED if EXAMPLES < 1000 else set())))
def test_it_is_done_or_says_what_to_change(server: Server, order: Order) -> None:
    with server.connect() as client:
        client.submit(order)
        last = finish(client, 60)[-1]
    if isinstance(last, Failed):
        assert last.error.code in {"bad-image", "bad-settings"}, last
        assert last.error.hint, last
    else:
        assert isinstance(last, Finished)
        assert last.picture == order.content.shape
