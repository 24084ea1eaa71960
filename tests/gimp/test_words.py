"""What GIMP is told of the plug-in, and all of it in German, with a look at the dialog."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from nst_server.values.settings import OPTIONS
from tests.gimp.gimp_driver import ARTEFACTS, Desktop, Gimp, desktop, wait_for
from tests.support.gimp_root import GERMAN

pytestmark = [pytest.mark.gimp, pytest.mark.engine]

OPENED = "/tmp/opened"
BROWSER = f"""[Desktop Entry]
Type=Application
Name=Browser
Exec=sh -c "echo %f > {OPENED}"
MimeType=text/html;
"""


@pytest.fixture(scope="module")
def profile(installed_gimp: Any) -> str:
    """A copy of the profile, so that the others stay English."""
    copy = "/root/german-profile"
    installed_gimp.run(["rm", "-rf", copy])
    installed_gimp.run(["cp", "-a", str(installed_gimp.profile), copy])
    return copy


@pytest.fixture(scope="module")
def english(installed_gimp: Any, profile: str) -> dict[str, Any]:
    with Gimp(installed_gimp, name="english", profile=profile) as running:
        told: dict[str, Any] = running.call("documented")
    return told


@pytest.fixture(scope="module")
def screen(installed_gimp: Any) -> Iterator[Desktop]:
    with desktop(installed_gimp, ":96") as made:
        yield made


@pytest.fixture(scope="module")
def german(
    installed_gimp: Any, screen: Desktop, profile: str, english: dict[str, Any]
) -> Iterator[Gimp]:
    """Started in a profile that has been English before."""
    applications = installed_gimp.outside("/root/.local/share/applications")
    applications.mkdir(parents=True, exist_ok=True)
    (applications / "browser.desktop").write_text(BROWSER)
    (applications / "mimeapps.list").write_text(
        "[Default Applications]\ntext/html=browser.desktop\n"
    )
    display = screen.display
    with Gimp(
        installed_gimp, display=display, name="german", profile=profile, language=GERMAN
    ) as running:
        running.call("open_picture", path=f"{running.home}/samples/astronaut.png")
        yield running


def test_the_procedures_are_documented(english: dict[str, Any]) -> None:
    for told in english.values():
        assert all(told[part] for part in ("blurb", "help", "authors", "copyright"))
        assert told["date"].isdecimal()
        assert len(told["help"]) > 100
        for name, argument in [*told["arguments"].items(), *told["returns"].items()]:
            assert len(argument["help"]) > 10, name
    arguments = english["plug-in-neural-style"]["arguments"]
    for name, option in OPTIONS.items():
        if option.expert:
            continue
        argument = arguments[name.replace("_", "-")]
        assert argument["help"].startswith(option.help)
        assert argument["default"] == option.default
        if option.minimum is not None and not option.words:
            assert (argument["minimum"], argument["maximum"]) == (option.minimum, option.maximum)
        assert all(choice in argument["help"] for choice in (*option.choices, *option.words)), name


def test_menus_and_help_are_german_even_where_they_were_english(
    german: Gimp, english: dict[str, Any]
) -> None:
    told = german.call("documented")
    again = told["plug-in-neural-style-again"]
    assert again["menu"] == "Neural Style er_neut mit dieser Ebene …"
    for procedure, known in told.items():
        assert known["blurb"] != english[procedure]["blurb"]
        assert known["help"] != english[procedure]["help"]
        for name, argument in known["arguments"].items():
            if name not in ("run-mode", "image", "drawables"):  # GIMP's own
                assert argument["help"] != english[procedure]["arguments"][name]["help"], name


@pytest.mark.window
def test_the_dialog_is_german_and_its_help_opens_the_manual(german: Gimp, screen: Desktop) -> None:
    style = f"{german.home}/styles/swirls.jpg"
    answer = german.begin("open_dialog", style=style, size="300")
    screen.window("^Neural Style$")
    time.sleep(8)  # for a draft to look at
    screen.screenshot(ARTEFACTS / "dialog-german.png")
    opened = german.installed.outside(OPENED)
    opened.unlink(missing_ok=True)
    screen.press("^Neural Style$", "alt+h")
    wait_for(lambda: opened.is_file() and opened.read_text().strip(), "the browser")
    page = opened.read_text().strip()
    assert page == f"{german.profile}/plug-ins/neural-style/site/manual/index.html"
    assert "<h2>In GIMP</h2>" in german.installed.outside(page).read_text()
    screen.press("^Neural Style$", "alt+m")
    time.sleep(1)
    screen.screenshot(ARTEFACTS / "dialog-german-more.png")
    screen.end("^Neural Style$", "alt+i")
    screen.window("^Neural Style: ")
    time.sleep(3)
    screen.screenshot(ARTEFACTS / "progress-german.png")
    screen.end("^Neural Style: ", "Escape")
    assert answer(60)["status"] == "cancel"
