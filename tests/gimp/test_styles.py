"""Styles of every origin in real GIMP: files, layers, patterns; mixed and by region."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gimp.gimp_driver import Gimp

pytestmark = [pytest.mark.gimp, pytest.mark.engine]

SUCCESS = {"status": "success", "message": ""}


@pytest.fixture(scope="module")
def gimp(installed_gimp: Any) -> Iterator[Gimp]:
    with Gimp(installed_gimp, name="styles") as running:
        yield running


@pytest.fixture(scope="module")
def style(gimp: Gimp) -> str:
    """A style picture, made by GIMP."""
    path = str(gimp.folder / "a style.png")
    gimp.call("make_style", path=path)
    return path


@pytest.fixture(scope="module")
def painted(gimp: Gimp, style: str) -> dict[str, Any]:
    """What came of each call of the script, by its name."""
    told: dict[str, Any] = gimp.call("styles", style=style, preset="draft", size="64")
    assert {name: each["result"] for name, each in told.items()} == dict.fromkeys(told, SUCCESS)
    return told


def digest(painted: dict[str, Any], name: str) -> str:
    return str(painted[name]["digest"])


def test_shares_at_the_ends_are_one_style_alone(painted: dict[str, Any]) -> None:
    assert digest(painted, "share 0") == digest(painted, "only first")
    assert digest(painted, "share 100") == digest(painted, "only second")
    assert len({digest(painted, name) for name in ("only first", "only second", "half")}) == 3
    assert painted["half"]["name"].startswith("Neural Style: a style and other, draft")


def test_a_layer_is_a_style_like_its_file(painted: dict[str, Any]) -> None:
    for name in ("layer", "layer second", "layer before file"):
        assert digest(painted, name) == digest(painted, "only second"), name


def test_a_masked_layer_is_a_style_as_it_is_seen(painted: dict[str, Any]) -> None:
    for half in ("left", "right"):
        red, green, _ = (
            seen - unmasked
            for seen, unmasked in zip(
                painted["masked layer"][half], painted["layer"][half], strict=True
            )
        )
        assert red < green, "the red stripe is masked away"


@pytest.mark.parametrize("name", ["masked and locked layer", "masked group", "filtered layer"])
def test_whatever_has_a_mask_or_a_filter_is_seen_through_it(
    painted: dict[str, Any], name: str
) -> None:
    assert digest(painted, name) == digest(painted, "masked layer")


def test_a_file_of_an_odd_name_is_a_style(painted: dict[str, Any]) -> None:
    assert painted["odd name"]["name"].startswith("Neural Style: M?rz, draft")
    assert digest(painted, "odd name") == digest(painted, "only first")


def test_a_pattern_is_a_style(painted: dict[str, Any]) -> None:
    assert painted["pattern"]["name"].startswith("Neural Style: Clipboard Image, draft")
    assert digest(painted, "pattern") not in {
        digest(painted, name) for name in painted if name != "pattern"
    }


def test_by_region_the_second_style_is_inside_the_channel(painted: dict[str, Any]) -> None:
    first, second = painted["only first"], painted["only second"]
    both = painted["region"]
    assert both["name"].startswith("Neural Style: a style and other")
    apart = math.dist(first["left"], second["left"])
    assert apart > 20, "the test's own styles differ"
    assert math.dist(both["left"], second["left"]) < math.dist(both["left"], first["left"])
    assert math.dist(both["right"], first["right"]) < math.dist(both["right"], second["right"])


def test_a_channel_of_all_or_nothing_leaves_one_style(painted: dict[str, Any]) -> None:
    for region, alone in (("nothing", "only first"), ("all", "only second")):
        assert digest(painted, f"region of {region}") == digest(painted, alone)


def test_a_selection_outside_the_channel_is_painted_in_the_first_style(
    painted: dict[str, Any],
) -> None:
    first = painted["only first"]["right"]
    seen = painted["region beside selection"]["right"]
    assert math.dist(seen, first) < math.dist(seen, painted["only second"]["right"])


@pytest.mark.parametrize("name", ["half", "pattern", "region"])
def test_again_takes_the_styles_from_the_layer(painted: dict[str, Any], name: str) -> None:
    again = painted[name]["again"]
    assert again["digest"] == digest(painted, name)


def test_a_style_that_is_gone_is_asked_for(painted: dict[str, Any]) -> None:
    assert "No style picture is given" in painted["layer"]["again"]["message"]
