"""Jobs of one animation: each begins with the frame before, and ends as any job does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nst_server.engine.painter import Painter
from nst_server.values.job import Job, JobStyle
from nst_server.values.settings import Settings
from nst_server.wire.events import Finished, Painting, Started
from nst_server.wire.order import Order, Raster, spooled
from nst_server.wire.spool import Spool
from nst_server.worker.frame_events import Remembered, frame_events
from tests.support.landscapes import landscape

pytestmark = pytest.mark.engine

WIDTH, HEIGHT, SIDE = 96, 64, 20
SETTINGS = Settings.of_preset("draft", size="full", iterations=3, backbone="vgg16")


def order(left: int, animation: str, **changes: Any) -> Order:
    """Something at ``left`` before a background."""
    picture = landscape(WIDTH, HEIGHT, 1)
    picture[20 : 20 + SIDE, left : left + SIDE] = landscape(SIDE, SIDE, seed=2)
    samples = np.rint(picture * 255).astype(np.uint8)
    content = Raster(WIDTH, HEIGHT, 3, "uint8", samples.tobytes())
    style = landscape(40, 40, 7) * 255
    raster = Raster(40, 40, 3, "uint8", style.astype(np.uint8).tobytes())
    whole = Job(SETTINGS, content, (JobStyle(raster),), animation=animation)
    return spooled(replace(whole, **changes), Spool.holding)


def painted(events: Iterator[object]) -> tuple[np.ndarray[Any, Any], list[object]]:
    listed = list(events)
    last = listed[-1]
    assert isinstance(last, Finished)
    pixels = np.frombuffer(last.pixels.read(), np.uint8)
    return pixels.reshape(HEIGHT, WIDTH, 3).astype(float), listed


def test_what_is_still_stays_as_it_was_painted(painter: Painter) -> None:
    remembered = Remembered()
    first, _ = painted(frame_events(painter, order(20, "a"), lambda: False, remembered))
    second, events = painted(frame_events(painter, order(32, "a"), lambda: False, remembered))
    still = np.ones((HEIGHT, WIDTH), bool)
    still[8:52, 6:66] = False
    assert np.abs(second - first)[~still].mean() > 3
    assert [type(event) for event in events].count(Started) == 1
    assert any(isinstance(event, Painting) for event in events)
    # By itself, as the first frame of another animation, it is painted anew.
    alone, _ = painted(frame_events(painter, order(32, "b"), lambda: False, remembered))
    flicker = np.abs(alone - first)[still].mean()
    assert np.abs(second - first)[still].mean() < 0.3 * flicker


def test_a_frame_that_is_the_same_is_not_painted(painter: Painter) -> None:
    remembered = Remembered()
    first, _ = painted(frame_events(painter, order(20, "a"), lambda: False, remembered))
    second, events = painted(frame_events(painter, order(20, "a"), lambda: False, remembered))
    np.testing.assert_array_equal(first, second)
    assert [type(event) for event in events] == [Started, Finished]
    report = events[-1].report  # type: ignore[attr-defined]
    assert (report.iterations, report.device) == (0, painter.device)


def test_outside_the_selection_nothing_changes(painter: Painter) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, 40:] = 255
    raster = Raster(WIDTH, HEIGHT, 1, "uint8", mask.tobytes())
    remembered = Remembered()
    for left in (20, 32):
        job = order(left, "a", mask=raster)
        before = np.frombuffer(job.content.pixels.read(), np.uint8).reshape(HEIGHT, WIDTH, 3)
        after, _ = painted(frame_events(painter, job, lambda: False, remembered))
        np.testing.assert_array_equal(after[:, :40], before[:, :40])
        assert np.abs(after - before)[:, 40:].mean() > 3


def test_a_picture_by_itself_may_be_painted_between_two_frames(painter: Painter) -> None:
    remembered = Remembered()
    first, _ = painted(frame_events(painter, order(20, "a"), lambda: False, remembered))
    painted(frame_events(painter, order(32, ""), lambda: False, remembered))
    second, _ = painted(frame_events(painter, order(20, "a"), lambda: False, remembered))
    np.testing.assert_array_equal(first, second)


def test_progress_and_report_are_those_of_all_paintings(painter: Painter) -> None:
    remembered = Remembered()
    _, events = painted(frame_events(painter, order(20, "a"), lambda: False, remembered))
    alone = events[-1].report  # type: ignore[attr-defined]
    _, events = painted(frame_events(painter, order(32, "a"), lambda: False, remembered))
    done = [event.progress.done for event in events if isinstance(event, Painting)]
    assert done == sorted(done) and done[-1] == 1
    report = events[-1].report  # type: ignore[attr-defined]
    assert report.iterations == alone.iterations + 1
    assert report.megapixel_iterations > alone.megapixel_iterations
