"""No precision, kind or mask of a layer loses anything on the way to the server and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.gimp.gimp_driver import Gimp
from tests.support.icc_profiles import srgb_of_another_maker

pytestmark = [pytest.mark.gimp, pytest.mark.engine]

QUICK: dict[str, Any] = {"preset": "draft", "size": "64"}
SUCCESS = {"status": "success", "message": ""}

EXACT = [
    *("U8_LINEAR", "U8_NON_LINEAR", "U16_NON_LINEAR", "U16_PERCEPTUAL"),
    *("FLOAT_NON_LINEAR",),
]
"""What comes back to the last bit."""

DEEP = ["U16_LINEAR", "U32_LINEAR", "U32_NON_LINEAR", "HALF_LINEAR", "HALF_NON_LINEAR"]
DEEP += ["FLOAT_LINEAR", "DOUBLE_LINEAR", "DOUBLE_NON_LINEAR"]


@pytest.fixture(scope="module")
def gimp(installed_gimp: Any) -> Iterator[Gimp]:
    with Gimp(installed_gimp, name="precisions") as running:
        yield running


@pytest.fixture(scope="module")
def style(gimp: Gimp) -> str:
    path = str(gimp.folder / "style.png")
    gimp.call("make_style", path=path)
    return path


@pytest.mark.parametrize("precision", [*EXACT, *DEEP])
def test_replacing_changes_nothing_outside_the_selection(
    gimp: Gimp, style: str, precision: str
) -> None:
    base = "GRAY" if precision in ("U8_LINEAR", "U16_PERCEPTUAL", "HALF_LINEAR") else "RGB"
    told = gimp.call("replace", style=style, base=base, precision=precision, **QUICK)
    assert told["result"] == SUCCESS
    if precision.startswith("U32"):  # GIMP's own filters change the last of its bits too
        assert told["changed outside"] < 1000
        assert told["outside differs by"] < 1e-6
    else:
        assert told["changed outside"] == 0
    assert told["outside"] > 60000
    assert told["changed"] > 8000
    assert told["alpha kept"]


@pytest.mark.parametrize("precision", [*EXACT, *DEEP])
def test_a_gradient_keeps_its_levels(gimp: Gimp, style: str, precision: str) -> None:
    told = gimp.call("unpainted", style=style, precision=precision, **QUICK)
    assert told["result"] == SUCCESS
    least = 200 if precision.startswith("U8") else 2000 if "HALF" in precision else 4000
    assert told["levels before"] > least
    assert told["same"] or (
        precision not in EXACT and told["levels"] > 0.999 * told["levels before"]
    )
    assert told["difference"] < 0.001


@pytest.mark.parametrize("precision", ["U8_NON_LINEAR", "U16_NON_LINEAR"])
@pytest.mark.parametrize("ramp", [True, False], ids=["grays", "all colours"])
def test_an_adobe_rgb_image_keeps_its_look(
    gimp: Gimp, style: str, precision: str, ramp: bool
) -> None:
    told = gimp.call("unpainted", style=style, precision=precision, adobe=True, ramp=ramp, **QUICK)
    assert told["result"] == SUCCESS
    assert told["difference"] < 0.1


@pytest.mark.parametrize("precision", ["U8_NON_LINEAR", "U16_NON_LINEAR"])
def test_every_value_comes_back(gimp: Gimp, style: str, precision: str) -> None:
    for base in ("RGB", "GRAY"):
        told = gimp.call(
            "unpainted", style=style, precision=precision, base=base, ramp=False, **QUICK
        )
        assert told["result"] == SUCCESS
        assert told["same"]


@pytest.mark.parametrize("precision", ["U8_NON_LINEAR", "U16_NON_LINEAR"])
def test_with_anybodys_srgb_every_value_comes_back(gimp: Gimp, style: str, precision: str) -> None:
    (gimp.outside / "srgb.icc").write_bytes(srgb_of_another_maker())
    profile = f"{gimp.folder}/srgb.icc"
    told = gimp.call(
        "unpainted", style=style, precision=precision, profile=profile, ramp=False, **QUICK
    )
    assert told["result"] == SUCCESS
    assert told["same"]


@pytest.mark.parametrize("select", [True, False])
@pytest.mark.parametrize("applied", [True, False])
def test_a_new_layer_has_the_mask_of_the_old(
    gimp: Gimp, style: str, select: bool, applied: bool
) -> None:
    told = gimp.call("masked", style=style, select=select, applied=applied, **QUICK)
    assert told["result"] == SUCCESS
    assert told["mask"]
    assert told["size"]
    assert told["applied"] == (applied or select)
    expected = ("product" if applied else "selection") if select else "own"
    assert told[expected] < 0.01
    assert all(told[other] > 0.1 for other in {"own", "selection"} - {expected})


def test_a_text_layer_gives_a_new_layer_and_stays_text(gimp: Gimp, style: str) -> None:
    told = gimp.call("refused", style=style, make="text", **QUICK)
    assert told["result"] == SUCCESS
    assert [name for name, _ in told["after"]["layers"]][1:] == [
        name for name, _ in told["before"]["layers"]
    ]
