"""The plug-in in real GIMP without a window, with the real server that it starts itself."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from nst_server.values.settings import OPTIONS, Settings
from tests.gimp.gimp_driver import Gimp, profile_without, wait_for

pytestmark = [pytest.mark.gimp, pytest.mark.engine]

DATA = Path(__file__).resolve().parents[1] / "data"

QUICK: dict[str, Any] = {"preset": "draft", "size": "64"}
"""A painting in a second or two, for tests that do not look at its quality."""


@pytest.fixture(scope="module")
def gimp(installed_gimp: Any) -> Iterator[Gimp]:
    with Gimp(installed_gimp) as running:
        yield running


@pytest.fixture(scope="module")
def style(gimp: Gimp) -> str:
    """A style picture, made by GIMP, with a name that is not easy."""
    path = str(gimp.folder / "Stérnen nächt.png")
    gimp.call("make_style", path=path)
    return path


def test_arguments_are_those_of_the_settings(gimp: Gimp) -> None:
    told = gimp.call("list_arguments", plug_in=plug_in(gimp))
    seen = {name: option.default for name, option in OPTIONS.items() if not option.expert}
    names = [name.replace("_", "-") for name in seen]
    assert told["names"] == [
        *("run-mode", "image", "drawables"),
        *("style-file", "style-drawable", "style-pattern"),
        *("style-file-2", "style-drawable-2", "style-pattern-2", "style-mix", "style-channel"),
        *("animation", *names),
        *("expert-options", "output"),
    ]
    assert told["return values"] == ["layer"]
    for name, default in seen.items():
        assert told["defaults"][name.replace("_", "-")] == default
    classic = Settings.of_preset("classic", brush_size=2).to_wire()
    assert told["by script"] == classic, "what is not given is the preset's"
    assert told["by dialog"]["smoothness"] == Settings().smoothness, "what is shown counts"
    assert told["followed"] == classic, "what the user has not set follows the preset"
    written = Settings.of_preset("classic", smoothness=50, iterations=7, seamless=True).to_wire()
    assert told["written"] == written, "also what is a default where the preset has another"
    assert "iterations" in told["misspelt"]
    assert told["shown again"] == written


def test_new_layer_over_a_feathered_ellipse(gimp: Gimp, style: str) -> None:
    gimp.nst("stop")  # so that the plug-in has to start the server
    told = gimp.call("new_layer", style=style, preset="draft")
    assert told["result"] == {"status": "success", "message": ""}
    painted = told["painted"]
    x, y, width, height = told["box"]
    assert painted["size"] == [width, height]
    assert painted["offset"] == [30 + x, 40 + y]
    assert painted["mask"]
    assert told["mask differs by"] <= 1
    assert told["positions"] == [0, 1, 2, 3], "directly above the original"
    assert len(told["names"]) == 4, "one new layer"
    assert painted["name"].startswith("Neural Style: Stérnen nächt, draft")
    assert told["original untouched"]
    assert told["changed inside"] > 0.9
    assert told["same layer"]
    assert painted["parasite"]["settings"]["preset"] == "draft"
    assert gimp.status()["worker"]["state"] == "idle", "the plug-in started the server"


def test_replace_changes_nothing_outside_the_selection(gimp: Gimp, style: str) -> None:
    told = gimp.call("replace", style=style, **QUICK)
    assert told["result"] == {"status": "success", "message": ""}
    assert told["layers"] == 1
    assert told["same layer"]
    assert told["changed outside"] == 0
    assert told["outside"] > 60000
    assert told["changed"] > 8000
    assert told["alpha kept"]
    assert told["parasite"]["settings"]["size"] == 64


@pytest.mark.parametrize(
    ("kind", "precision"),
    [
        ({"precision": "U16_NON_LINEAR", "alpha": True}, "u16-non-linear"),
        ({"precision": "FLOAT_LINEAR"}, "float-linear"),
        ({"base": "GRAY"}, "u8-non-linear"),
        ({"group": True}, "u8-non-linear"),
    ],
)
def test_kinds_of_image(gimp: Gimp, style: str, kind: dict[str, Any], precision: str) -> None:
    told = gimp.call("kinds", style=style, **kind, **QUICK)
    assert told["result"] == {"status": "success", "message": ""}
    assert told["precision"] == precision
    assert told["painted"]["size"] == [160, 120]
    assert told["painted"]["offset"] == [0, 0]
    assert told["painted"]["name"].endswith("(painted at 64×48)")
    assert not told["painted"]["mask"]
    assert told["alpha same"]
    assert told["differs"]
    assert told["after"]["layers"][1:] == told["before"]["layers"]


@pytest.mark.parametrize("kind", [{"base": "INDEXED"}, {"precision": "U16_NON_LINEAR"}])
def test_new_image(gimp: Gimp, style: str, kind: dict[str, Any]) -> None:
    told = gimp.call("kinds", style=style, select=True, output="new-image", **kind, **QUICK)
    assert told["result"] == {"status": "success", "message": ""}
    assert told["own image"]
    assert told["base"] == "rgb"
    assert told["precision"] == kind.get("precision", "U8_NON_LINEAR").lower().replace("_", "-")
    assert told["resolution"] == pytest.approx(123)
    assert told["painted"]["mask"]
    assert told["painted"]["offset"] == [0, 0]
    assert told["after"] == told["before"]
    assert told["images"] == 2, "the image and the new one"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"make": "layer_and_channel"}, "is a channel"),
        ({"make": "channel"}, "is a channel"),
        ({"make": "layer_mask"}, "mask is selected"),
        ({"make": "floating_selection"}, "floating selection"),
        ({"make": "selection_misses"}, "does not touch the layer"),
        ({"make": "locked", "output": "replace"}, "are locked"),
        ({"make": "text", "output": "replace"}, "text layer"),
        ({"make": "group", "output": "replace"}, "is a group"),
        ({"make": "indexed"}, "indexed"),
        ({"make": "tiny"}, "too small"),
        ({"size": "banana"}, "'banana' is not allowed for size"),
        ({"expert_options": "init=picture"}, "Take init=content or init=noise."),
        ({"expert_options": "cls=1"}, "There is no setting 'cls'"),
    ],
)
def test_bad_layers_and_settings_are_refused_in_words(
    gimp: Gimp, style: str, arguments: dict[str, Any], words: str
) -> None:
    refused(gimp.call("refused", style=style, **arguments), words)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (None, None, "No style picture is given"),
        ("missing.png", None, "There is no style picture missing.png"),
        (".", None, "is a folder"),
        ("words.png", b"These are words.", "cannot open words.png"),
        ("empty.jpg", b"", "cannot open empty.jpg"),
        ("cut.png", "half", "cannot open cut.png"),
    ],
)
def test_bad_styles_are_refused_in_words(
    gimp: Gimp, style: str, name: str | None, content: Any, words: str
) -> None:
    if content is not None:
        whole = Path(gimp.installed.outside(style)).read_bytes()
        (gimp.outside / str(name)).write_bytes(
            whole[: len(whole) // 2] if content == "half" else content
        )
    path = None if name is None else str(gimp.folder / name)
    refused(gimp.call("refused", style=path), words)


def refused(told: dict[str, Any], words: str) -> None:
    """It failed with these words, and the image, its undo steps and all are as they were."""
    assert told["result"]["status"] in ("execution-error", "calling-error")
    assert words in told["result"]["message"]
    assert not told["painted"]
    assert told["after"] == told["before"]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"kind": "masked"},
        {"kind": "group"},
        {"base": "GRAY", "precision": "U16_NON_LINEAR"},
        {"precision": "FLOAT_LINEAR"},
    ],
)
def test_a_layer_is_painted_as_its_filters_show_it(
    gimp: Gimp, style: str, arguments: dict[str, Any]
) -> None:
    told = gimp.call("filtered", style=style, **arguments, **QUICK)
    assert told["result"] == {"status": "success", "message": ""}
    assert told["filters"] == [1, 0]
    assert told["from inverted"] <= 1
    words = "is a group" if arguments.get("kind") == "group" else "has filters"
    assert words in told["replaced"]["message"]
    assert told["untouched"]


def test_an_image_without_a_profile_shows_no_error(gimp: Gimp, style: str) -> None:
    gimp.call("filtered", style=style, **QUICK)
    log = (gimp.outside / "gimp.log").read_text("utf-8", "replace")
    assert "color-profile" not in log, "GIMP 3.0 shows a window for set_color_profile(None)"


def test_a_filter_that_is_switched_off_does_not_count(gimp: Gimp, style: str) -> None:
    told = gimp.call("filtered", style=style, kind="hidden", **QUICK)
    assert told["replaced"] == told["result"] == {"status": "success", "message": ""}
    assert told["from plain"] == 0


def test_again_takes_all_from_the_layer(gimp: Gimp, style: str) -> None:
    arguments = {"preset": "draft", "size": "64", "strength": 80.0, "seed": 7}
    told = gimp.call("again", style=style, **arguments)
    success = {"status": "success", "message": ""}
    assert [told["first"], told["second"], told["third"]] == [success] * 3
    first, second = told["settings"]
    assert first == second
    assert (first["strength"], first["seed"]) == (80, 7)
    assert told["styles"][0] == told["styles"][1]
    assert told["from the photo"] == [True, True]
    assert told["layers"] == 3
    assert told["just above the photo"]
    assert told["itself"], "the photo was deleted"


def test_a_layer_that_0_1_0_painted_is_painted_again(
    installed_gimp: Any, gimp: Gimp, style: str
) -> None:
    """An image that the plug-in of that version painted in and GIMP saved."""
    stored = DATA / "painted-0.1.0.xcf"
    path = f"{gimp.folder}/{stored.name}"
    shutil.copy(stored, installed_gimp.outside(path))
    gimp.call("make_style", path="/root/painter.png")  # the style that it names
    told = gimp.call("stored", path=path)
    assert told["result"] == {"status": "success", "message": ""}
    assert told["above"] == "photo"
    old, new = told["old"], told["new"]
    assert {**new["settings"], **old["settings"]} == new["settings"]
    assert (new["settings"]["strength"], new["settings"]["pooling"]) == (80, "average")
    assert new["styles"] == [
        {"kind": "file", "name": "file:///root/painter.png", "weight": 0.7, "region": 0},
        {"kind": "layer", "name": "4", "weight": 0.3, "region": 3},
    ]
    assert new["layer"] == old["layer"] == 2


@pytest.mark.parametrize("output", ["new-layer", "replace"])
def test_several_layers_are_painted_each(gimp: Gimp, style: str, output: str) -> None:
    told = gimp.call("several", style=style, output=output, **QUICK)
    assert told["result"] == {"status": "success", "message": ""}
    assert (
        told["order"]
        == {
            "new-layer": ["painted", "small", "painted", "large"],
            "replace": ["painted small", "painted large"],
        }[output]
    )
    assert told["sizes"] == [[100, 80], [160, 120]]
    assert told["selected"] == told["painted"]


def test_a_layer_that_cannot_be_painted_is_no_harm_to_the_others(gimp: Gimp, style: str) -> None:
    told = gimp.call("several", style=style, empty=True, **QUICK)
    assert told["result"] == {"status": "success", "message": ""}
    assert told["order"] == ["painted", "small", "painted", "large"]
    assert "“nothing” was not painted. The picture is transparent everywhere." in gimp.log()


def test_layers_may_be_the_frames_of_an_animation(gimp: Gimp, style: str) -> None:
    """A square goes from left to right before a background, which hardly changes then."""
    frames = gimp.call("frames", style=style, animation=True, **QUICK)
    singly = gimp.call("frames", style=style, animation=False, **QUICK)
    for told in (frames, singly):
        assert told["result"] == {"status": "success", "message": ""}
        assert told["order"] == ["painted", "3", "painted", "2", "painted", "1"]
        assert min(told["moving"]) > 3
    assert max(frames["background"]) < 0.3 * min(singly["background"])


def test_again_needs_a_layer_that_was_painted(gimp: Gimp) -> None:
    told = gimp.call("refused", procedure="plug-in-neural-style-again")
    refused(told, "was not painted by Neural Style")


def test_a_worker_that_dies_fails_the_job_in_words(gimp: Gimp, style: str) -> None:
    answer = gimp.begin("long_job", style=style)
    worker = wait_for(lambda: painting(gimp), "the job", 60)["worker"]["pid"]
    os.kill(worker, signal.SIGKILL)
    refused(answer(60), "painting process was killed")


def test_killing_gimp_frees_the_worker(installed_gimp: Any, gimp: Gimp, style: str) -> None:
    with Gimp(installed_gimp, name="killed", profile=gimp.profile) as other:
        other.begin("long_job", style=style)
        wait_for(lambda: painting(gimp), "the job", 60)
        other.kill()
        killed = time.monotonic()
        wait_for(lambda: not gimp.status()["jobs"], "the end of the job", 5)
        assert time.monotonic() - killed < 5


def painting(gimp: Gimp) -> dict[str, Any]:
    """The server's status once a job has made progress."""
    status = gimp.status()
    return status if any(job.get("progress") for job in status["jobs"]) else {}


@pytest.mark.parametrize("has_server", [False, True])
def test_a_server_that_does_not_start_is_told_in_words(
    installed_gimp: Any, style: str, has_server: bool
) -> None:
    home = PurePosixPath(installed_gimp.home).parent / "broken home"
    if has_server:
        python = Path(installed_gimp.outside(str(home / "venv" / "bin" / "python")))
        python.parent.mkdir(parents=True)
        python.write_text("#!/bin/sh\necho the venv is broken; exit 1\n")
        python.chmod(0o755)
    with Gimp(installed_gimp, home=str(home), name="broken") as gimp:
        told = gimp.call("refused", style=style)
    refused(told, "did not start" if has_server else "is not installed")


def test_an_incomplete_installation_is_told_in_words(installed_gimp: Any) -> None:
    profile = profile_without(installed_gimp, "site")
    with Gimp(installed_gimp, profile=profile, name="incomplete") as gimp:
        told = gimp.call("refused")
    refused(told, "is not completely installed")
    assert "install/install.py" in told["result"]["message"]


@pytest.mark.parametrize(
    ("happening", "output", "where", "words"),
    [
        ("nothing", "replace", "replace", ""),
        ("nothing", "new-layer", "new-layer", ""),
        ("move", "new-layer", "new-layer", ""),
        ("paint_over", "new-layer", "new-layer", ""),
        ("select_other", "new-layer", "new-layer", ""),
        ("select_other", "replace", "new-layer", "selection was changed"),
        ("paint_over", "replace", "new-layer", "layer or the selection was changed"),
        ("erase", "replace", "new-layer", "layer or the selection was changed"),
        ("lock", "replace", "new-layer", "is now protected"),
        ("lock", "new-layer", "new-layer", ""),
        ("lock_group", "new-layer", "new-layer", ""),
        ("rotate_layer", "replace", "new-image", "size changed"),
        ("scale_image", "new-layer", "new-image", "size changed"),
        ("few_colors", "new-layer", "new-image", "indexed colors"),
        ("floating_selection", "new-layer", "new-image", "floating selection"),
        ("delete_layer", "replace", "new-image", "layer was deleted"),
        ("close_image", "new-layer", "new-image", "image was closed"),
        ("close_image", "new-image", "new-image", ""),
    ],
)
def test_whatever_happens_meanwhile_the_painting_harms_nothing_and_is_kept(
    gimp: Gimp, happening: str, output: str, where: str, words: str
) -> None:
    told = gimp.call("place", plug_in=plug_in(gimp), output=output, happening=happening)
    assert len(told["said"]) == bool(words)
    assert words in "".join(told["said"])
    assert told["new layers"] == (where == "new-layer")
    assert told["own image"] == (where == "new-image")
    assert told["photo untouched"] == (where != "replace")
    assert told["mask as sent"] == (where != "replace")
    assert told["precision"] == "u16-non-linear"
    assert told["resolution"] == pytest.approx(123)
    painted = told["painted"]
    assert painted["parasite"]["layer"] > 0 if where != "new-image" else True
    if happening == "move":
        assert painted["offset"] == [7 + 20 - 12, 9 + 20 - 12], "with the layer"


def plug_in(gimp: Gimp) -> str:
    return f"{gimp.profile}/plug-ins/neural-style"
