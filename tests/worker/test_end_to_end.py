"""The real worker with the real engine, as clients have it."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nst_server.client.session import Client
from nst_server.client.trial import trial
from nst_server.host.home import Home
from nst_server.values.job import Job, JobStyle, PictureShape, PlannedPainting
from nst_server.values.progress import Estimate
from nst_server.values.settings import Settings
from nst_server.wire.events import Event, Failed, Finished, Painting, Queued, Started
from nst_server.wire.order import Raster
from tests.support.graphics import list_gpus, only_where_lists_count
from tests.support.servers import Server, eventually, finish, serve_command, start, wait_for

pytestmark = pytest.mark.engine

WIDTH, HEIGHT = 96, 64
STYLE = PictureShape(64, 64, 3, "uint8")
TRANSPARENT = 10
"""Columns of the content that are transparent."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start(Home(tmp_path_factory.mktemp("home")), serve_command(worker_command=None))
    yield server
    server.close()


@only_where_lists_count
def test_a_gpu_that_tensorflow_does_not_see_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_gpus(tmp_path / "bin", "GPU 0: NVIDIA A (UUID: GPU-1)\n", monkeypatch)
    server = start(Home(tmp_path / "home"), serve_command(worker_command=None))
    with server.connect() as client:
        client.submit(trial(Settings.of_preset("draft")))
        started = wait_for(client, Started, 120)
        assert isinstance(started, Started)
        assert started.device == "CPU (NVIDIA A cannot be used)"
        assert isinstance(finish(client)[-1], Finished)
    (worker,) = server.status()["workers"]
    assert worker["obstacle"] == "TensorFlow cannot use NVIDIA A. See: nst doctor."
    server.close()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with server.connect() as client:
        yield client


def content(opaque: bool = True) -> bytes:
    source = random.Random(3)
    alphas = [0 if column < TRANSPARENT else 255 for column in range(WIDTH)]
    pixels = bytearray()
    for _ in range(HEIGHT):
        for alpha in alphas:
            pixels += source.randbytes(3) + bytes([alpha if opaque else 0])
    return bytes(pixels)


def mask() -> bytes:
    """The lower half is selected."""
    return bytes(WIDTH * HEIGHT // 2) + b"\xff" * (WIDTH * HEIGHT // 2)


def listen(client: Client, pixels: bytes, **settings: Any) -> list[Event]:
    submit(client, pixels, **settings)
    return finish(client, 120)


def submit(
    client: Client, pixels: bytes, *, planned: PlannedPainting | None = None, **settings: Any
) -> None:
    style = random.Random(4).randbytes(STYLE.size_in_bytes)
    order = Job(
        Settings.of_preset("draft", **{"size": 64, "iterations": 3, "coarsest": 0, **settings}),
        Raster(WIDTH, HEIGHT, 4, "uint8", pixels),
        (JobStyle(Raster.of(STYLE, style)),),
        Raster(WIDTH, HEIGHT, 1, "uint8", mask()),
        planned=planned,
    )
    client.submit(order)


def pixel(pixels: Any, column: int, row: int) -> bytes:
    start = 4 * (row * WIDTH + column)
    return bytes(pixels[start : start + 4])


def test_events_that_came_at_once_wait_for_who_takes_them_one_by_one(client: Client) -> None:
    client._events.extend([Queued(1), Queued(0)])
    assert next(client.events()) == Queued(1)
    assert next(client.events()) == Queued(0)


def test_a_selection_is_painted_and_nothing_else(server: Server, client: Client) -> None:
    before = content()
    queued, started, *painted, finished = listen(client, before)
    assert queued == Queued(0)
    assert isinstance(started, Started)
    assert started.device
    assert isinstance(painted[0], Painting)
    assert painted[0].preview is not None
    for event in painted:
        assert isinstance(event, Painting)
        progress = event.progress
        size = progress.preview_width * progress.preview_height * 3
        assert len(event.preview or b"") == size
    assert isinstance(finished, Finished)
    # However fast it went, the last iteration is told.
    assert isinstance(painted[-1], Painting)
    assert painted[-1].progress.loss == finished.report.losses["total"]
    assert finished.picture == PictureShape(WIDTH, HEIGHT, 4, "uint8")
    report = finished.report
    assert (report.width, report.height) == (WIDTH, HEIGHT)
    assert max(report.worked_width, report.worked_height) == 64
    assert report.iterations == 3
    assert report.device == server.worker()["device"]
    after = finished.pixels.read()
    changed = 0
    for row in range(HEIGHT):
        for column in range(WIDTH):
            old, new = pixel(before, column, row), pixel(after, column, row)
            assert old[3] == new[3]
            if row < HEIGHT // 2 or column < TRANSPARENT:
                assert old == new
            changed += old != new
    assert changed > 0.9 * (HEIGHT // 2) * (WIDTH - TRANSPARENT)


def test_a_draft_estimates_the_real_painting(client: Client) -> None:
    def estimate(**settings: Any) -> Estimate:
        submit(client, content(), planned=PlannedPainting(Settings(**settings), 4000, 3000))
        finished = finish(client, 120)[-1]
        assert isinstance(finished, Finished)
        assert finished.report.estimate is not None
        return finished.report.estimate

    fixed, larger = estimate(size=500), estimate(size=1000)
    assert (fixed.width, fixed.height) == (500, 375)
    assert 3 < larger.seconds / fixed.seconds < 5, "four times the pixels"
    short, long = (estimate(size="auto", time_limit=limit) for limit in (20, 40))
    assert short.seconds <= 20 < long.seconds <= 40
    assert short.width < long.width < 4000


def test_without_strength_every_byte_comes_back(client: Client) -> None:
    finished = listen(client, content(), strength=0, size="full")[-1]
    assert isinstance(finished, Finished)
    assert finished.pixels.read() == content()


def test_without_strength_light_beyond_white_comes_back_too(client: Client) -> None:
    pixels = struct.pack("<4f", 1.5, -0.25, 0.5, 1e-30) * (3 * 16 * 16 // 4)
    picture = Raster(16, 16, 3, "float32", pixels)
    client.submit(Job(Settings(strength=0), picture, (JobStyle(picture),)))
    finished = finish(client, 120)[-1]
    assert isinstance(finished, Finished)
    assert finished.pixels.read() == pixels


def test_it_can_be_stopped_and_kept(client: Client) -> None:
    submit(client, content(), iterations=10000)
    wait_for(client, Painting, 120)
    client.keep()
    finished = finish(client)[-1]
    assert isinstance(finished, Finished)
    assert finished.report.kept_early
    assert finished.report.iterations < 10000


def test_it_can_be_cancelled_and_the_worker_is_free_soon(server: Server, client: Client) -> None:
    submit(client, content(), iterations=10000)
    wait_for(client, Painting, 120)
    worker = server.worker()["pid"]
    client.cancel()
    assert isinstance(finish(client)[-1], Failed)
    eventually(lambda: server.worker()["state"] == "idle", seconds=5)
    assert server.worker()["pid"] == worker


def test_bad_input_is_told_and_costs_nothing_else(server: Server, client: Client) -> None:
    failed = listen(client, content(opaque=False))[-1]
    assert isinstance(failed, Failed)
    assert failed.error.code == "bad-image"
    assert isinstance(listen(client, content())[-1], Finished)


def test_weights_that_are_missing_are_told(server: Server, client: Client) -> None:
    failed = listen(client, content(), backbone="vgg19")[-1]
    assert isinstance(failed, Failed)
    assert failed.error.code == "weights-missing"


def test_no_traceback_was_needed(server: Server) -> None:
    assert "Traceback" not in server.log
    assert Path(server.home.server_log).stat().st_size < 2**20
