"""Layers of 24 megapixels: all of them comes back, and the plug-in stays small."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gimp.gimp_driver import Gimp, wait_for

pytestmark = [pytest.mark.gimp, pytest.mark.engine, pytest.mark.slow]

PLUG_IN_MB = 300
"""A float layer alone would be 384; the aim is 500."""


@pytest.fixture(scope="module")
def gimp(installed_gimp: Any) -> Iterator[Gimp]:
    with Gimp(installed_gimp, name="large") as running:
        yield running


@pytest.mark.parametrize("precision", ["U8_NON_LINEAR", "U16_NON_LINEAR", "FLOAT_NON_LINEAR"])
def test_24_megapixels_pass_through_a_small_plug_in(gimp: Gimp, precision: str) -> None:
    style = str(gimp.folder / "style.png")
    gimp.call("make_style", path=style)
    answer = gimp.begin(
        "huge", style=style, width=6000, height=4000, precision=precision, preset="draft"
    )
    with Watch(gimp.pid) as watch:
        told = answer(300)
    assert told["result"] == {"status": "success", "message": ""}
    assert told["differ"] == 0
    print(f"{precision}: {watch.peak_mb:.0f} MB at most, {told['seconds']:.1f} s")
    assert 30 < watch.peak_mb < PLUG_IN_MB


class Watch:
    """The most memory that the plug-in's process ever has, meanwhile."""

    def __init__(self, gimp: int) -> None:
        self._gimp = gimp
        self.peak_mb = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        process = Path(str(wait_for(lambda: _plug_in(self._gimp), "the plug-in", 120)))
        while not self._over.wait(0.005):
            try:
                text = (process / "status").read_text(encoding="ascii")
            except OSError:
                return
            lines = [line for line in text.splitlines() if line.startswith("VmHWM")]
            if lines:  # none once it has ended
                self.peak_mb = max(self.peak_mb, int(lines[0].split()[1]) * 1024 / 1e6)


def _plug_in(gimp: int) -> Path | None:
    """The process in which that GIMP runs the plug-in."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == gimp and b"-run" in words and words[1].endswith(b"/neural-style.py"):
            return process
    return None
