"""GIMP, GTK and Python have nothing deprecated to report of the plug-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.gimp.gimp_driver import Desktop, Gimp, desktop
from tests.gimp.test_window import DIALOG, IMAGE, PROGRESS, open_picture

GIMPS_OWN = "gtk-fallback-icon-theme"
"""What GimpUi.init sets, in whoever's name."""

pytestmark = [pytest.mark.gimp, pytest.mark.window, pytest.mark.engine]


@pytest.fixture(scope="module")
def screen(installed_gimp: Any) -> Iterator[Desktop]:
    with desktop(installed_gimp, ":97") as made:
        yield made


@pytest.fixture(scope="module")
def gimp(installed_gimp: Any, screen: Desktop) -> Iterator[Gimp]:
    with Gimp(installed_gimp, display=screen.display, name="warned", warnings=True) as running:
        open_picture(running)
        screen.window(IMAGE, 60)
        yield running


def deprecated(gimp: Gimp, name: str) -> list[str]:
    """What was written about deprecated things in files whose path has this in it."""
    lines = gimp.log().splitlines()
    return [line for line in lines if "deprecat" in line.lower() and name in line]


def test_what_is_deprecated_would_be_heard_of(gimp: Gimp) -> None:
    gimp.call("deprecated")
    assert deprecated(gimp, "scripts/deprecated.py")


def test_nothing_deprecated_is_used(gimp: Gimp, screen: Desktop) -> None:
    style = f"{gimp.home}/styles/swirls.jpg"
    told = gimp.call("paint_open", style=style, preset="draft", size="64")
    assert told["status"] == "success"
    answer = gimp.begin("open_dialog", style=style, preset="draft", size="64")
    screen.press(DIALOG, "alt+e")  # More
    screen.end(DIALOG, "alt+y")
    assert answer(60) == {"status": "success", "message": ""}
    screen.gone(PROGRESS)
    ours = deprecated(gimp, "neural_style_gimp/")
    assert [line for line in ours if GIMPS_OWN not in line] == []
