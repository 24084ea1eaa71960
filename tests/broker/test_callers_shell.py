"""Limits and settings of the shell that happens to start the server: its own business."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nst_server.client.session import Client, stop_server
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.events import Failed, Finished
from tests.support.running import nst
from tests.support.scripted_worker import Manner
from tests.support.servers import (
    alive,
    environment,
    eventually,
    finish,
    make_order,
    serve_command,
    start,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux, read in /proc")

_STARTS = """
import sys
from nst_server.client.launcher import connect_or_start
from nst_server.host.home import Home
connect_or_start(Home.default(), command=sys.argv[1:]).close()
"""


def first_call(home: Home, words: str, **variables: str) -> int:
    """Start a server as a program does, from a shell with such limits; return its pid."""
    command = [sys.executable, "-c", _STARTS, *serve_command(server_idle=60)]
    subprocess.run(
        ["sh", "-c", f'{words} "$@"', "sh", *command],
        env={**environment(home), **variables},
        check=True,
        timeout=60,
    )
    with Client.connect(home) as client:
        return int(client.status()["pid"])


@pytest.fixture
def home(home: Home) -> Iterator[Home]:
    """A home whose server, if a test leaves one, is ended."""
    yield home
    try:
        with Client.connect(home) as client:
            pid = client.status()["pid"]
        stop_server(home)
    except NeuralStyleError:
        return
    eventually(lambda: not alive(pid))


def with_worker(home: Home) -> int:
    """Run a job; the pid of the worker that has done it."""
    with Client.connect(home) as client:
        client.submit(make_order())
        assert isinstance(finish(client)[-1], Finished)
        return int(client.status()["worker"]["pid"])


def variables_of(pid: int) -> dict[str, str]:
    entries = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(entry.split("=", 1) for entry in entries if entry)


def test_variables_of_the_first_caller_stay_with_it(home: Home) -> None:
    server = first_call(home, "exec", CUDA_VISIBLE_DEVICES="-1", OMP_NUM_THREADS="1", LANG="C")
    for pid in (server, with_worker(home)):
        variables = variables_of(pid)
        assert not {"CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"} & set(variables)
        assert variables["LANG"] == "C"


def test_soft_limits_are_lifted(home: Home) -> None:
    limits = "ulimit -S -t 60; ulimit -S -v 9000000; ulimit -S -n 100; ulimit -S -f 1000; exec"
    server = first_call(home, limits)
    for pid in (server, with_worker(home)):
        for number in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
            soft, hard = resource.prlimit(pid, number)
            assert soft == hard == resource.getrlimit(number)[1]
        assert resource.prlimit(pid, resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY
    assert nst(home.root, "status").stdout.count("- ") == 0


def test_the_processors_of_the_first_caller_are_not_all(home: Home) -> None:
    usable = os.sched_getaffinity(0)
    one = min(usable)
    server = first_call(home, f"exec taskset -c {one}")
    for pid in (server, with_worker(home)):
        assert os.sched_getaffinity(pid) >= usable


def test_what_cannot_be_changed_is_told(home: Home) -> None:
    as_user = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    first_call(home, f"ulimit -t 600; ulimit -v 8000000; exec {' '.join(as_user)} nice -n 7")
    told = json.loads(nst(home.root, "status", "--json").stdout)["limits"]
    assert told == [
        "Each process may use 600 s of processor time (ulimit -t).",
        "Each process may take 7812 MB of memory (ulimit -v).",
        "Other programs go first (nice 7).",
    ]
    printed = nst(home.root, "status").stdout
    assert all(sentence in printed for sentence in told)


def failure(home: Home, limit: str, manner: Manner, **options: Any) -> NeuralStyleError:
    """The error of a job whose server was started in a shell with a limit."""
    limited = ["sh", "-c", f'ulimit {limit} && exec "$@"', "sh", *serve_command(**options)]
    server = start(home, limited)
    with server.connect() as client:
        client.submit(make_order(manner))
        last = finish(client)[-1]
    server.close()
    assert isinstance(last, Failed)
    return last.error


def test_a_worker_without_processor_time_says_so(home: Home) -> None:
    error = failure(home, "-t 3", Manner.BURNS)
    assert error.code == "worker-died"
    assert "processor time (signal SIGXCPU)" in error.sentence
    assert "ulimit -t" in error.hint


def test_a_worker_without_memory_for_its_library_says_so(home: Home) -> None:
    error = failure(home, "-v 700000", Manner.GOOD, worker_command=None)
    assert error.code == "out-of-memory"
    assert "load TensorFlow" in error.sentence
    assert "ulimit -v" in error.hint


def test_a_worker_that_dies_with_little_memory_says_so(home: Home) -> None:
    error = failure(home, "-v 700000", Manner.DIES)
    assert error.code == "worker-died"
    assert "ulimit -v" in error.hint
