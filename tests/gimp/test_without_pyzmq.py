"""The plug-in in a GIMP whose Python has no pyzmq: the tests of others, through a bridge."""

# ruff: noqa: F401, F811 - pytest finds fixtures and tests by their names

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gimp.gimp_driver import Desktop, Gimp, profile_without, wait_for
from tests.gimp.test_headless import (
    painting,
    refused,
    style,
    test_a_worker_that_dies_fails_the_job_in_words,
    test_killing_gimp_frees_the_worker,
    test_new_layer_over_a_feathered_ellipse,
)
from tests.gimp.test_precisions import (
    test_every_value_comes_back,
    test_replacing_changes_nothing_outside_the_selection,
)
from tests.gimp.test_window import (
    alone,
    fresh,
    in_a_window,
    repeatable,
    screen,
    test_gimps_own_cancel_leaves_nothing_behind,
    test_repeat_with_last_values_and_cancel,
)
from tests.support.servers import bridges

pytestmark = [pytest.mark.gimp, pytest.mark.window, pytest.mark.engine]


@pytest.fixture(scope="module")
def gimp(installed_gimp: Any, screen: Desktop) -> Iterator[Gimp]:
    with in_a_window(
        installed_gimp, screen, profile=profile_without(installed_gimp, "site/zmq")
    ) as running:
        yield running


def test_a_bridge_that_is_killed_fails_the_job_in_words(gimp: Gimp, style: str) -> None:
    answer = gimp.begin("long_job", style=style)
    wait_for(lambda: painting(gimp), "the job", 60)
    (bridge,) = bridges(gimp.installed.home)
    os.kill(bridge, signal.SIGKILL)
    refused(answer(60), "ended before the painting was done")
    wait_for(lambda: not gimp.status()["jobs"], "the end of the job", 5)
