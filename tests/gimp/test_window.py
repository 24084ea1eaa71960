"""The plug-in in real GIMP with a window: its menu entry, its dialogs, its undo steps.

Screenshots are left in ``tests/artefacts`` to be looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.gimp.gimp_driver import ARTEFACTS, Desktop, Gimp, desktop, wait_for

pytestmark = [pytest.mark.gimp, pytest.mark.window, pytest.mark.engine]

IMAGE = "[0-9]x[0-9]"
DIALOG = "^Neural Style$"
PROGRESS = "^Neural Style: "
MESSAGE = "GIMP Message"
OWN_CANCEL = ("1085", "863")
"""Where GIMP's own Cancel is in the status bar, in the window as `gimp` makes it."""


@pytest.fixture(scope="module")
def screen(installed_gimp: Any) -> Iterator[Desktop]:
    with desktop(installed_gimp) as made:
        yield made


@pytest.fixture(scope="module")
def gimp(installed_gimp: Any, screen: Desktop) -> Iterator[Gimp]:
    with in_a_window(installed_gimp, screen) as running:
        yield running


@contextmanager
def in_a_window(installed_gimp: Any, screen: Desktop, *, profile: str = "") -> Iterator[Gimp]:
    """GIMP with a picture, at a size at which the place of its parts is known."""
    with Gimp(installed_gimp, display=screen.display, name="window", profile=profile) as running:
        open_picture(running)
        window = screen.window(IMAGE, 60)
        screen.xdotool("windowsize", "--sync", window, "1380", "860")
        yield running


def open_picture(gimp: Gimp) -> None:
    gimp.call("open_picture", path=f"{gimp.home}/samples/astronaut.png")


@pytest.fixture
def fresh(gimp: Gimp) -> None:
    """The picture as it was, in the only window."""
    open_picture(gimp)


@pytest.fixture(autouse=True)
def alone(screen: Desktop) -> Iterator[None]:
    """What a test that failed has left open does not make the next ones fail."""
    yield
    for title in (MESSAGE, PROGRESS, DIALOG):
        if screen.search(title):
            screen.end(title, "Escape")


@pytest.fixture(scope="module")
def repeatable(gimp: Gimp, screen: Desktop, style: str) -> None:
    """Ctrl+F paints: GIMP takes the filter from the menu, and its settings from a success."""
    open_picture(gimp)
    answer = gimp.begin("open_dialog", style=style, size="300")
    screen.end(DIALOG, "alt+y")
    keep(gimp, screen)
    assert answer(60) == {"status": "success", "message": ""}
    screen.choose(IMAGE, "alt+r", "y")
    screen.end(DIALOG, "Escape")


def keep(gimp: Gimp, screen: Desktop) -> None:
    """Stop and keep, once there is something to be kept."""
    screen.window(PROGRESS)
    wait_for(lambda: progress(gimp) > 0, "the painting", 90)
    screen.end(PROGRESS, "alt+k")


@pytest.fixture(scope="module")
def style(gimp: Gimp) -> str:
    """One of the gallery that the installer made."""
    return f"{gimp.home}/styles/swirls.jpg"


def test_menu_entry_opens_the_dialog(gimp: Gimp, screen: Desktop) -> None:
    before = gimp.call("look")
    screen.choose(IMAGE, "alt+r", "y")
    screen.window(DIALOG)
    time.sleep(1)
    screen.screenshot(ARTEFACTS / "dialog-empty.png")
    screen.end(DIALOG, "Escape")
    assert gimp.call("look") == before


def test_live_progress_stop_and_keep_and_one_undo(gimp: Gimp, screen: Desktop, style: str) -> None:
    before = gimp.call("look")
    answer = gimp.begin("open_dialog", style=style, size="300")
    screen.window(DIALOG)
    wait_for(lambda: progress(gimp) > 0, "the draft, so the style is there", 90)
    wait_for(lambda: not gimp.status()["jobs"], "the whole draft", 90)
    screen.screenshot(ARTEFACTS / "dialog.png")
    screen.end(DIALOG, "alt+y")
    screen.press(PROGRESS, "Return", "space")  # as one does who typed ahead; no harm is done
    wait_for(lambda: progress(gimp) > 0.35, "live pictures", 240)
    screen.screenshot(ARTEFACTS / "progress.png")
    screen.end(PROGRESS, "alt+k")
    assert answer(60) == {"status": "success", "message": ""}
    kept = gimp.call("look")
    assert kept["layers"][1:] == before["layers"]
    painted = kept["described"][0]
    assert painted["name"].startswith("Neural Style: swirls, standard")
    assert painted["parasite"]["made"]["kept_early"]
    assert painted["size"] == [400, 400]
    assert painted["offset"] == [0, 0]
    time.sleep(1)
    screen.screenshot(ARTEFACTS / "result.png")
    screen.press(IMAGE, "ctrl+z")
    wait_for(lambda: len(gimp.call("look")["layers"]) == 1, "the undo")
    assert gimp.call("look")["layers"] == before["layers"]


def test_the_draft_follows_the_dialog_and_never_blocks_it(
    gimp: Gimp, style: str, record_property: Any
) -> None:
    told = gimp.call(
        "draft",
        plug_in=f"{gimp.profile}/plug-ins/neural-style",
        home=gimp.home,
        style=style,
        changes={"strength": 80.0, "style-file-2": f"{gimp.home}/styles/woodcut.jpg"},
    )
    gaps, held = told["gaps"], told["held"]
    record_property("draft", {**told, "gaps": gaps[:20], "held": held[:20]})
    first = ", ".join(f"{stage['first']:.2f}" for stage in told["stages"])
    print(f"the first picture of a draft came after {first} s; held {held[0]:.0f} ms at most")
    assert not told["accepted"]
    assert len(told["stages"]) == 3
    assert told["distinct pictures"] == 4, "the layer, and three drafts"
    assert told["machine"].startswith("On ")
    assert told["plan"].startswith("About ")
    assert told["plan"].endswith(" 400 × 400"), "at that, or on a slow machine enlarged to it"
    # Other processes take the processors away too, also from GIMP while it is asked for pixels.
    assert held[0] < 500, "nothing is waited for"
    assert held[len(held) // 100] < 100, "99 of 100 turns of the draft"
    assert gaps[len(gaps) // 20] < 100, "95 of 100 gaps of the main loop"
    wait_for(lambda: not gimp.status()["jobs"], "the end of the draft's job", 5)


@pytest.mark.usefixtures("repeatable", "fresh")
def test_repeat_with_last_values_and_cancel(gimp: Gimp, screen: Desktop) -> None:
    before = gimp.call("look")
    screen.press(IMAGE, "ctrl+f")
    screen.window(PROGRESS)
    wait_for(lambda: progress(gimp) > 0, "the repeated job", 60)
    screen.end(PROGRESS, "alt+c")
    wait_for(lambda: not gimp.status()["jobs"], "the end of the job", 5)
    assert gimp.call("look") == before


@pytest.mark.usefixtures("repeatable", "fresh")
def test_what_was_asked_for_is_there_again_after_cancel(
    gimp: Gimp, screen: Desktop, style: str
) -> None:
    before = gimp.call("look")
    answer = gimp.begin("open_dialog", style=style, size="310", strength=71.0)
    screen.end(DIALOG, "alt+y")
    screen.window(PROGRESS)
    wait_for(lambda: progress(gimp) > 0, "the job", 60)
    screen.end(PROGRESS, "alt+c")
    assert answer(60)["status"] == "cancel"
    assert gimp.call("look") == before
    screen.press(IMAGE, "ctrl+f")
    keep(gimp, screen)
    wait_for(lambda: len(gimp.call("look")["layers"]) == 2, "the new layer")
    painted = gimp.call("look")["described"][0]["parasite"]
    assert (painted["settings"]["size"], painted["settings"]["strength"]) == (310, 71)
    assert painted["styles"][0]["name"].endswith("swirls.jpg")


@pytest.mark.usefixtures("repeatable", "fresh")
def test_a_waiting_layer_that_is_deleted_is_painted_all_the_same(
    gimp: Gimp, screen: Desktop
) -> None:
    gimp.call("meanwhile", what="choose_two")
    screen.press(IMAGE, "ctrl+f")
    screen.window(PROGRESS)
    wait_for(lambda: progress(gimp) > 0, "the first job", 60)
    gimp.call("meanwhile", what="delete_upper")
    keep(gimp, screen)  # both: the second's window takes the place of the first's
    screen.window(MESSAGE)
    screen.press(MESSAGE, "Escape")
    screen.gone(MESSAGE)
    assert gimp.call("look")["images"] == 2, "the second painting has lost its place"


@pytest.mark.usefixtures("repeatable", "fresh")
def test_of_an_image_closed_after_the_dialog_one_message_tells(gimp: Gimp, screen: Desktop) -> None:
    screen.choose(IMAGE, "alt+r", "y")
    screen.end(DIALOG, "alt+y")
    screen.window(PROGRESS)
    wait_for(lambda: progress(gimp) > 0, "the job", 60)
    screen.press(IMAGE, "ctrl+w")
    screen.gone(IMAGE)
    keep(gimp, screen)
    window = screen.window(MESSAGE)
    time.sleep(1)
    screen.screenshot(ARTEFACTS / "closed-after-the-dialog.png")
    shape = dict(
        line.split("=")
        for line in screen.xdotool("getwindowgeometry", "--shell", window).splitlines()
    )
    assert int(shape["HEIGHT"]) < 200, "GIMP would say in the same window what it cannot do"
    screen.press(MESSAGE, "Escape")
    screen.gone(MESSAGE)
    wait_for(lambda: gimp.call("look", which=-1)["described"][0]["parasite"], "the image")


def test_one_undo_takes_back_a_replacement(gimp: Gimp, screen: Desktop, style: str) -> None:
    before = gimp.call("look")
    told = gimp.call("paint_open", style=style, preset="draft", size="64", output="replace")
    assert told == {"status": "success", "message": ""}
    assert gimp.call("look")["layers"] != before["layers"]
    screen.press(IMAGE, "ctrl+z")
    wait_for(lambda: gimp.call("look")["layers"] == before["layers"], "the undo")
    assert gimp.call("look")["described"] == before["described"]


def test_one_undo_takes_back_several_new_layers(gimp: Gimp, screen: Desktop, style: str) -> None:
    before = gimp.call("look")["layers"]
    told = gimp.call("paint_open", style=style, preset="draft", size="64", two=True)
    assert told == {"status": "success", "message": ""}
    assert len(gimp.call("look")["layers"]) == len(before) + 3, "a copy and two paintings"
    screen.press(IMAGE, "ctrl+z")
    wait_for(lambda: len(gimp.call("look")["layers"]) == len(before) + 1, "the undo")
    screen.press(IMAGE, "ctrl+z")
    wait_for(lambda: gimp.call("look")["layers"] == before, "the undo of the copy")


@pytest.mark.usefixtures("repeatable", "fresh")
@pytest.mark.parametrize("happening", ["resize", "rotate", "delete", "close"])
def test_a_painting_without_its_place_becomes_a_new_image_and_a_window_tells(
    gimp: Gimp, screen: Desktop, happening: str
) -> None:
    screen.press(IMAGE, "ctrl+f")
    screen.window(PROGRESS)
    wait_for(lambda: progress(gimp) > 0, "the repeated job", 60)
    if happening == "close":
        screen.press(IMAGE, "ctrl+w")
        screen.gone(IMAGE)
    else:
        before = gimp.call("meanwhile", what=happening)
    keep(gimp, screen)
    screen.window(MESSAGE)
    screen.screenshot(ARTEFACTS / f"meanwhile-{happening}.png")
    screen.press(MESSAGE, "Escape")
    screen.gone(MESSAGE)
    new = gimp.call("look", which=-1)
    assert new["described"][0]["size"] == [400, 400]
    assert new["described"][0]["name"].startswith("Neural Style: swirls")
    assert new["images"] == (1 if happening == "close" else 2)
    if happening != "close":
        after = gimp.call("look")
        assert {key: after[key] for key in before} == before
    assert not gimp.status()["jobs"]
    assert "Traceback" not in gimp.log()


@pytest.mark.usefixtures("repeatable", "fresh")
def test_undo_meanwhile_is_no_harm(gimp: Gimp, screen: Desktop) -> None:
    before = gimp.call("look")["layers"]
    gimp.call("meanwhile", what="edit")
    screen.press(IMAGE, "ctrl+f")
    screen.window(PROGRESS)
    wait_for(lambda: progress(gimp) > 0, "the repeated job", 60)
    screen.press(IMAGE, "ctrl+z")
    wait_for(lambda: gimp.call("look")["layers"] == before, "the undo")
    keep(gimp, screen)
    wait_for(lambda: gimp.call("look")["layers"][1:] == before, "the new layer")
    screen.press(IMAGE, "ctrl+z")
    wait_for(lambda: gimp.call("look")["layers"] == before, "the undo")


@pytest.mark.usefixtures("fresh")
def test_gimps_own_cancel_leaves_nothing_behind(gimp: Gimp, screen: Desktop, style: str) -> None:
    before = gimp.call("look")
    answer = gimp.begin("paint_open", style=style, preset="classic")
    wait_for(lambda: progress(gimp) > 0, "the job", 60)
    screen.screenshot(ARTEFACTS / "gimps-own-progress.png")
    screen.xdotool("mousemove", *OWN_CANCEL, "click", "1")
    assert answer(60)["status"] == "cancel"
    wait_for(lambda: not gimp.status()["jobs"], "the end of the job", 5)
    assert gimp.call("look") == before


def test_quitting_gimp_ends_the_painting(installed_gimp: Any, gimp: Gimp, style: str) -> None:
    with (
        desktop(installed_gimp, ":95") as screen,
        Gimp(installed_gimp, display=screen.display, name="quit") as other,
    ):
        open_picture(other)
        screen.window(IMAGE, 60)
        other.begin("open_dialog", style=style, size="300")
        screen.end(DIALOG, "alt+y")
        screen.window(PROGRESS)
        wait_for(lambda: progress(gimp) > 0, "the job", 90)
        screen.press(IMAGE, "ctrl+q")
        wait_for(other.ended, "the end of GIMP")
        wait_for(lambda: not gimp.status()["jobs"], "the end of the job", 5)
        # It hears of it after the iteration that it is in.
        wait_for(lambda: gimp.status()["worker"]["state"] == "idle", "the worker")
        assert "Traceback" not in other.log()


def progress(gimp: Gimp) -> float:
    """How much of the first job is done."""
    jobs = gimp.status()["jobs"]
    return float((jobs[0].get("progress") or {}).get("done", 0)) if jobs else 0
