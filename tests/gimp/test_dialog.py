"""The settings dialog in real GIMP: its controls, the keyboard, its live draft, other screens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gimp.gimp_driver import ARTEFACTS, Desktop, Gimp, desktop, wait_for
from tests.gimp.test_window import DIALOG, IMAGE

COMPARISON = "^Compare styles$"

TITLE = 26
"""Height of a window's frame."""

pytestmark = [pytest.mark.gimp, pytest.mark.window, pytest.mark.engine]


@pytest.fixture(scope="module")
def screen(installed_gimp: Any) -> Iterator[Desktop]:
    with desktop(installed_gimp, ":94") as made:
        yield made


@pytest.fixture(scope="module")
def gimp(installed_gimp: Any, screen: Desktop) -> Iterator[Gimp]:
    with Gimp(installed_gimp, display=screen.display, name="dialog") as running:
        running.call("open_picture", path=f"{running.home}/samples/astronaut.png")
        screen.window(IMAGE, 60)
        yield running


@pytest.fixture(scope="module")
def style(gimp: Gimp) -> str:
    """One of the gallery that the installer made."""
    return f"{gimp.home}/styles/swirls.jpg"


def inside(gimp: Gimp) -> dict[str, str]:
    return {"plug_in": f"{gimp.profile}/plug-ins/neural-style", "home": gimp.home}


@pytest.mark.parametrize("kinds", [["file", "file"], ["layer", "pattern"], ["pattern", "layer"]])
def test_every_control_has_a_tip_and_a_key_of_its_own(gimp: Gimp, kinds: list[str]) -> None:
    controls = gimp.call("dialog_controls", **inside(gimp), kinds=kinds)
    assert len(controls) > 20
    assert [each for each in controls if not each["tip"]] == []
    tips = {each["tip"] for each in controls}
    assert ("Choose a layer of an open image as the style" in tips) == ("layer" in kinds)
    others = [each for each in controls if not each["sample"]]
    assert [each for each in others if not each["keys"]] == []
    held = Counter(key for keys in {tuple(each["keys"]) for each in others} for key in keys)
    assert [key for key, times in held.items() if times > 1] == []


def test_keys_alone_set_and_start_the_painting(gimp: Gimp, screen: Desktop, style: str) -> None:
    answer = gimp.begin("open_dialog", style=style, preset="draft", size="64")
    screen.press(DIALOG, "alt+t")
    screen.xdotool("type", "83")
    screen.press(DIALOG, "Tab")
    screen.press(DIALOG, "alt+b", "ctrl+a")
    screen.xdotool("type", "2")
    screen.end(DIALOG, "alt+y")
    assert answer(60) == {"status": "success", "message": ""}
    settings = gimp.call("look")["described"][0]["parasite"]["settings"]
    assert (settings["strength"], settings["brush_size"]) == (83, 2)


def test_escape_closes_it_and_changes_nothing(gimp: Gimp, screen: Desktop, style: str) -> None:
    before = gimp.call("look")
    answer = gimp.begin("open_dialog", style=style)
    screen.end(DIALOG, "Escape")
    assert answer(30)["status"] == "cancel"
    assert gimp.call("look") == before


def test_again_opens_the_dialog_with_what_the_layer_was_painted_with(
    gimp: Gimp, screen: Desktop
) -> None:
    before = gimp.call("look")["described"][0]["parasite"]
    answer = gimp.begin("open_dialog", procedure="plug-in-neural-style-again")
    screen.end(DIALOG, "alt+y")
    assert answer(60) == {"status": "success", "message": ""}
    painted = [each for each in gimp.call("look")["described"] if each["parasite"]]
    assert len(painted) == 2
    assert painted[0]["parasite"]["settings"] == before["settings"]
    assert painted[0]["parasite"]["styles"] == before["styles"]


def test_a_draft_with_alpha_and_selection_never_holds_the_dialog(
    gimp: Gimp, style: str, record_property: Any
) -> None:
    told = gimp.call("dialog_draft", **inside(gimp), style=style)
    record_property("draft", told)
    print(told)
    assert told["press shows the layer"]
    assert told["release shows the draft"]
    assert told["changed"]["selected"] > 0.5
    assert told["changed"]["kept"] == told["changed"]["transparent"] == 0
    assert told["small"] == {"selected": [255, 255], "kept": [0, 255], "transparent": [0, 0]}
    assert told["machine"].startswith("On ")
    assert told["plan"].startswith("About ")
    assert told["processor"] < 100, "milliseconds of one turn of the main loop"


def test_styles_are_compared_in_small_drafts_that_never_hold_the_dialog(
    gimp: Gimp, record_property: Any
) -> None:
    copies = 4
    gimp.call("open_picture", path=f"{gimp.home}/styles/woodcut.jpg")
    told = gimp.call("compare", **inside(gimp), copies=copies)
    rows, gaps, held = told["rows"], told["gaps"], told["held"]
    record_property("comparison", {**told, "gaps": gaps[:20], "held": held[:20]})
    for row in rows:
        first, *others = (seconds for _, seconds in row)
        print(f"first {first:.2f} s, then " + ", ".join(f"{each:.2f}" for each in others))
    print(f"held {held[0]:.0f} ms at most, gap {gaps[0]:.0f} ms at most")
    gallery = told["gallery"]
    samples = [name for name in gallery if name[-1].isdigit()]  # after what was used lately
    assert {name.split()[0] for name in samples[:copies]} == {"woodcut"}, "nearest in palette"
    opened, scrolled, changed = ([name for name, _ in row] for row in rows)
    assert told["scrolled"]
    assert opened == gallery[: len(opened)], "from the first on, in order"
    assert scrolled == gallery[-len(scrolled) :]
    assert len(opened) + len(scrolled) < len(gallery), "nothing out of sight"
    assert set(changed) == set(scrolled), "what is in sight, and nothing else"
    assert told["taken"] == f"{gallery[-1]}.jpg"
    assert told["painted while hidden"] == 0
    # Other processes take the processors away too, also from GIMP while it is asked for pixels.
    assert held[len(held) // 20] < 100, "95 of 100 turns of the drafts: nothing is waited for"
    assert gaps[len(gaps) // 10] < 100, "nine of ten gaps of the main loop"
    wait_for(lambda: not gimp.status()["jobs"], "the end of the drafts", 5)


@pytest.mark.parametrize(
    ("name", "picture", "size"),
    [
        ("portrait", "samples/astronaut.png", (400, 400)),
        ("landscape", "styles/points.jpg", (480, 320)),
    ],
)
def test_a_click_on_a_small_draft_takes_its_style(
    gimp: Gimp, screen: Desktop, name: str, picture: str, size: tuple[int, int]
) -> None:
    gimp.call("open_picture", path=f"{gimp.home}/{picture}", size=size)
    answer = gimp.begin("open_dialog", preset="draft", size="64")
    screen.window(DIALOG)
    wait_for(lambda: gimp.status()["worker"]["state"] == "idle", "the warm server", 60)
    screen.press(DIALOG, "alt+g")
    window = screen.window(COMPARISON)
    wait_for(lambda: gimp.status()["jobs"], "the drafts", 60)
    wait_for(lambda: not gimp.status()["jobs"], "all drafts", 60)
    screen.screenshot(ARTEFACTS / f"comparison-{name}.png")
    screen.xdotool("mousemove", "--window", window, "80", "80", "click", "1")
    screen.press(COMPARISON, "Escape")
    screen.gone(COMPARISON)
    screen.end(DIALOG, "alt+y")
    assert answer(60) == {"status": "success", "message": ""}
    assert gimp.call("look")["described"][0]["parasite"]["styles"]


def test_without_a_server_it_says_so_and_can_still_be_used(
    installed_gimp: Any, screen: Desktop
) -> None:
    home = str(installed_gimp.home.parent / "no server")
    with Gimp(installed_gimp, display=screen.display, home=home, name="alone") as gimp:
        gimp.call("open_picture", path=f"{installed_gimp.home}/samples/astronaut.png")
        told = gimp.call("dialog_alone", **inside(gimp), style=str(gimp.folder / "none.png"))
    assert "There is no draft. The painting server is not installed" in told["status"]
    assert "install/install.py" in told["status"]
    assert told["strength"] == 70
    assert told["note"].startswith("There is no style picture none.png")


@pytest.mark.parametrize(
    ("name", "size", "scale", "theme"),
    [
        ("small", (800, 600), 1, "dark"),
        ("scale-2", (1600, 1200), 2, "dark"),
        ("light", (1400, 900), 1, "light"),
    ],
)
def test_it_fits_the_screen(
    installed_gimp: Any, name: str, size: tuple[int, int], scale: int, theme: str
) -> None:
    with (
        desktop(installed_gimp, ":89", size) as screen,
        Gimp(installed_gimp, display=screen.display, name=name, scale=scale, theme=theme) as gimp,
    ):
        gimp.call("open_picture", path=f"{gimp.home}/samples/astronaut.png")
        screen.window(IMAGE, 60)
        answer = gimp.begin("open_dialog", style=f"{gimp.home}/styles/swirls.jpg")
        before = geometry(screen)
        screen.press(DIALOG, "alt+e")  # More
        wait_for(lambda: gimp.status()["jobs"], "the draft", 60)
        wait_for(lambda: not gimp.status()["jobs"], "the whole draft", 60)
        place = geometry(screen)
        screen.screenshot(ARTEFACTS / f"dialog-{name}.png")
        screen.end(DIALOG, "Escape")
        assert answer(30)["status"] == "cancel"
    assert place["WIDTH"] <= size[0], place
    assert place["HEIGHT"] + TITLE <= size[1], place
    if size[1] > 600 * scale:
        assert place["HEIGHT"] > before["HEIGHT"], "it grows with what is opened in it"


def geometry(screen: Desktop) -> dict[str, int]:
    """Place and size of the dialog."""
    told = screen.xdotool("getwindowgeometry", "--shell", screen.window(DIALOG))
    return {key: int(value) for key, value in (line.split("=") for line in told.split())}
