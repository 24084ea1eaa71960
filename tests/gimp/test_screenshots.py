"""The README's screenshots, made anew in real GIMP with ``--screenshots``.

Sunset and style are of the gallery, which the installer paints: no picture is anybody else's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.gimp.gimp_driver import Gimp, desktop, wait_for
from tests.gimp.test_window import DIALOG, IMAGE, PROGRESS, progress

pytestmark = [pytest.mark.gimp, pytest.mark.window, pytest.mark.engine, pytest.mark.screenshots]

SCREENSHOTS = Path(__file__).resolve().parents[2] / "gimp_plugin" / "screenshots"


def test_screenshots(installed_gimp: Any) -> None:
    with (
        desktop(installed_gimp, ":96") as screen,
        Gimp(installed_gimp, display=screen.display, name="screenshots") as gimp,
    ):
        gimp.call("open_picture", path=f"{gimp.home}/styles/points.jpg")
        screen.window(IMAGE, 60)
        answer = gimp.begin("open_dialog", style=f"{gimp.home}/styles/swirls.jpg")
        screen.window(DIALOG)
        wait_for(lambda: progress(gimp) > 0, "the draft", 120)
        wait_for(lambda: not gimp.status()["jobs"], "the end of the draft", 120)
        screen.screenshot(SCREENSHOTS / "dialog.png", DIALOG)
        screen.end(DIALOG, "alt+y")
        screen.window(PROGRESS)
        wait_for(lambda: progress(gimp) > 0.6, "strokes that can be seen", 300)
        screen.screenshot(SCREENSHOTS / "progress.png", PROGRESS)
        screen.end(PROGRESS, "alt+c")
        assert answer(60)["status"] == "cancel"
    for name in ("dialog", "progress"):
        with Image.open(SCREENSHOTS / f"{name}.png") as picture:
            assert min(picture.size) > 300, "a window, not a part of it"
