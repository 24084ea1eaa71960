"""GIMP that paints on another machine, which is this one behind a command: no file is shared."""

from __future__ import annotations

import json
import platform
import struct
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tests.gimp.gimp_driver import ARTEFACTS, Desktop, Gimp, desktop, wait_for
from tests.gimp.test_headless import QUICK, refused
from tests.gimp.test_window import DIALOG, IMAGE, PROGRESS
from tests.support.icc_profiles import srgb_of_another_maker
from tests.support.servers import bridges

pytestmark = [pytest.mark.gimp, pytest.mark.window, pytest.mark.engine]

SUCCESS = {"status": "success", "message": ""}
OVERHEAD = 20_000
"""Bytes of a job that are no pixels: headers, progress, signs of life."""


@pytest.fixture(scope="module")
def screen(installed_gimp: Any) -> Iterator[Desktop]:
    with desktop(installed_gimp, ":97") as made:
        yield made


@pytest.fixture(scope="module")
def gimp(installed_gimp: Any, screen: Desktop) -> Iterator[Gimp]:
    home = f"{PurePosixPath(installed_gimp.home).parent}/near"
    Path(installed_gimp.outside(home)).mkdir(exist_ok=True)
    with Gimp(installed_gimp, display=screen.display, name="near", home=home) as running:
        running.call("open_picture", path=f"{installed_gimp.home}/samples/astronaut.png")
        screen.window(IMAGE, 60)
        yield running


@pytest.fixture(scope="module")
def style(gimp: Gimp) -> str:
    path = str(gimp.folder / "style.png")
    gimp.call("make_style", path=path)
    return path


def use(gimp: Gimp, script: str) -> None:
    """Have GIMP's home take what a shell does for another machine's server."""
    remote = Path(gimp.installed.outside(f"{gimp.home}/remote.json"))
    remote.write_text(json.dumps({"command": ["sh", "-c", script]}))


@pytest.fixture
def line(gimp: Gimp) -> Any:
    """Use a line to the server; what is returned tells the bytes of the latest connection."""
    far = gimp.installed.home
    use(
        gimp, f"tee {gimp.folder}/up | NST_HOME={far} {far}/bin/nst bridge | tee {gimp.folder}/down"
    )
    return lambda: tuple((gimp.outside / name).stat().st_size for name in ("up", "down"))


def pixels_of(png: Path) -> int:
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return int(3 * width * height)


@pytest.mark.parametrize(
    ("precision", "has_profile", "sample"),
    [
        ("U8_NON_LINEAR", False, 1),
        ("U8_NON_LINEAR", True, 1),
        ("U16_NON_LINEAR", False, 2),
        ("FLOAT_LINEAR", False, 4),
    ],
)
def test_it_paints_there_and_only_its_pixels_travel(
    gimp: Gimp, style: str, line: Any, precision: str, has_profile: bool, sample: int
) -> None:
    (gimp.outside / "srgb.icc").write_bytes(srgb_of_another_maker())
    profile = f"{gimp.folder}/srgb.icc" if has_profile else None
    told = gimp.call("kinds", style=style, precision=precision, profile=profile, **QUICK)
    assert told["result"] == SUCCESS
    up, down = line()
    layer, preview = 160 * 120 * 3 * sample, 64 * 48 * 3
    print(f"{precision}: {up} bytes there, {down} back; the layer has {layer}")
    assert 0 < up - layer - pixels_of(gimp.outside / "style.png") < OVERHEAD
    assert 0 < down - layer < OVERHEAD + 8 * preview


@pytest.mark.usefixtures("line")
def test_a_selection_in_a_deep_layer(gimp: Gimp, style: str) -> None:
    told = gimp.call("replace", style=style, precision="FLOAT_NON_LINEAR", **QUICK)
    assert told["result"] == SUCCESS
    assert told["changed outside"] == 0
    assert told["changed"] > 8000


def test_the_dialog_says_where_and_sends_small_drafts(gimp: Gimp, style: str, line: Any) -> None:
    told = gimp.call(
        "draft",
        plug_in=f"{gimp.profile}/plug-ins/neural-style",
        home=gimp.home,
        style=f"{gimp.installed.home}/styles/swirls.jpg",
        changes={},
    )
    assert told["machine"].startswith(f"On {platform.node()} (")
    up, down = line()
    side = 256 * 256 * 3
    print(f"a draft of {side} bytes: {up} there, {down} back, with that without a style")
    assert up < 2 * side + 2 * 64 * 64 * 3 + OVERHEAD  # a trial, then the layer and the style


@pytest.mark.usefixtures("line")
def test_windows_say_where(gimp: Gimp, screen: Desktop, style: str) -> None:
    """In pictures that are looked at."""
    answer = gimp.begin("open_dialog", style=style, size="300")
    screen.window(DIALOG)
    (bridge,) = wait_for(lambda: bridges(gimp.installed.home), "the dialog's bridge")
    wait_for(lambda: (gimp.outside / "down").stat().st_size > 5 * 256 * 256, "a draft")
    screen.screenshot(ARTEFACTS / "another-machine-dialog.png")
    screen.end(DIALOG, "alt+y")
    screen.window(PROGRESS)
    wait_for(lambda: bridges(gimp.installed.home) not in ([], [bridge]), "the painting's bridge")
    wait_for(lambda: (gimp.outside / "down").stat().st_size > 3 * 300 * 300, "a preview")
    screen.screenshot(ARTEFACTS / "another-machine-progress.png")
    screen.end(PROGRESS, "alt+c")
    assert answer(60)["status"] == "cancel"
    wait_for(lambda: not bridges(gimp.installed.home), "the end of the bridge", 5)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo Permission denied. >&2; exit 255", "It said: Permission denied."),
        ("echo Welcome; exec nst-is-not-there", "not found"),
        ("echo nst-bridge 99; cat", "Install the same version on both."),
    ],
)
def test_what_is_no_way_is_told_in_words(gimp: Gimp, style: str, script: str, words: str) -> None:
    use(gimp, script)
    refused(gimp.call("refused", style=style), words)
