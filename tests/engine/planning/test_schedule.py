"""Sizes, iterations and weights: pure functions of the settings."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nst_server.engine.planning import schedule
from nst_server.values.settings import Preset, Settings


@pytest.mark.parametrize(
    ("longest", "widths"),
    [
        (1024, [256, 512, 1024]),
        (512, [256, 512]),
        (640, [256, 640]),
        (800, [256, 453, 800]),
        (300, [212, 300]),
        (100, [71, 100]),
    ],
)
def test_scales_about_double_from_the_coarsest_to_the_size(longest: int, widths: list[int]) -> None:
    steps = schedule.scales(longest, longest * 3 // 4, Settings(coarsest=256))
    assert [step.width for step in steps] == widths
    assert steps[-1].height == longest * 3 // 4


@pytest.mark.parametrize(
    ("brush_size", "widths"), [(2, [128, 256, 512]), (4, [64, 128, 256, 512]), (0.5, [362, 512])]
)
def test_larger_strokes_begin_with_a_coarser_scale(brush_size: float, widths: list[int]) -> None:
    steps = schedule.scales(512, 384, Settings(coarsest=256, brush_size=brush_size))
    assert [step.width for step in steps] == widths


def test_iterations_are_most_where_scales_are_coarse_and_fewest_where_there_are_levels() -> None:
    steps = schedule.scales(1024, 768, Settings(coarsest=256, iterations=60))
    assert [step.iterations for step in steps] == [90, 60, 30]
    steps = schedule.scales(512, 384, Settings(coarsest=256, iterations=60))
    assert [step.iterations for step in steps] == [90, 60]


@pytest.mark.parametrize(
    ("size", "levels"),
    [
        ((512, 384), 1),
        ((1023, 768), 1),
        ((1024, 768), 2),
        ((2047, 1000), 2),
        ((768, 2048), 3),
        ((6000, 4000), 4),
        ((6000, 70), 2),  # a side of the last level has at least 32 pixels
        ((6000, 32), 1),
    ],
)
def test_the_whole_network_sees_a_large_picture_halved(size: tuple[int, int], levels: int) -> None:
    assert schedule.scales(*size, Settings())[-1].levels == levels


@pytest.mark.parametrize(
    "settings",
    [
        Settings.of_preset("classic"),
        Settings(style_layers="block1_conv1"),
        Settings(content_layers="block4_conv1"),
    ],
)
def test_chosen_layers_and_the_notebooks_see_the_picture_itself(settings: Settings) -> None:
    assert {scale.levels for scale in schedule.scales(3000, 2000, settings)} == {1}


def test_what_only_a_part_of_the_network_sees_is_less_work() -> None:
    whole, halved = (
        schedule.Scale(2000, 1000, 10, levels=levels).megapixel_iterations for levels in (1, 2)
    )
    assert whole == pytest.approx(20)
    assert halved == pytest.approx(20 * (schedule.FINE_WORK + 1 / 4))


@pytest.mark.parametrize(
    ("preset", "hurried"), [("draft", [False, True]), ("standard", [False, False])]
)
def test_only_the_finest_scale_of_a_draft_is_in_a_hurry(
    preset: Preset, hurried: list[bool]
) -> None:
    scales = schedule.scales(512, 384, Settings.of_preset(preset))
    assert [scale.is_hurried for scale in scales] == hurried


def test_without_a_coarsest_there_is_one_scale() -> None:
    steps = schedule.scales(512, 384, Settings(coarsest=0, iterations=10))
    assert [(step.width, step.height, step.iterations) for step in steps] == [(512, 384, 10)]


def test_has_settled_where_the_loss_falls_no_more() -> None:
    falling = [0.99**step for step in range(100)]
    assert not any(schedule.has_settled(falling[:count]) for count in range(101))
    still = [*falling, *[falling[-1] * 1.3] * 5, *[falling[-1] * 0.9999] * 20]
    assert schedule.has_settled(still)
    assert not schedule.has_settled(still[:-8])  # so long it may take to recover from a bad step


@pytest.mark.parametrize("size", [(2000, 20), (20, 2000), (8, 8), (4000, 8)])
def test_no_scale_is_too_small_for_the_network(size: tuple[int, int]) -> None:
    work = schedule.working_size(*size, Settings(size=512), affordable=1)
    for step in schedule.scales(*work, Settings()):
        assert min(step.width, step.height) >= schedule.MINIMUM_SIDE


@pytest.mark.parametrize("size", [(3000, 60), (20, 3000)])
def test_no_two_scales_are_of_nearly_one_size(size: tuple[int, int]) -> None:
    full = schedule.working_size(*size, Settings(size="full"), affordable=1)
    sizes = [(scale.width, scale.height) for scale in schedule.scales(*full, Settings())]
    for coarse, fine in pairwise(sizes):
        assert max(fine) > 1.2 * max(coarse)
    assert sizes[-1] == full


@pytest.mark.parametrize("size", ["full", "auto", 512])
def test_a_seamless_picture_is_worked_at_on_the_grid(size: str | int) -> None:
    settings = Settings(size=size, seamless=True)
    work = schedule.working_size(1000, 750, settings, affordable=30)
    assert [side % 16 for side in work] == [0, 0]
    finest = schedule.scales(*work, settings)[-1]
    assert (finest.width, finest.height) == work


@pytest.mark.parametrize("size", [(1023, 750), (1024, 752), (1040, 1040), (2047, 75), (3000, 2000)])
def test_a_seamless_picture_is_on_the_grid_in_all_levels(size: tuple[int, int]) -> None:
    settings = Settings(size="full", seamless=True)
    work = schedule.working_size(*size, settings, affordable=30)
    for scale in schedule.scales(*work, settings):
        assert scale.width % (16 << (scale.levels - 1)) == 0
        assert scale.height % (16 << (scale.levels - 1)) == 0
    assert (scale.width, scale.height) == work
    assert work == pytest.approx(size, rel=0.1, abs=16)


@pytest.mark.parametrize(
    ("preset", "seamless", "size", "margin"),
    [
        ("standard", False, (512, 384), 8),
        ("classic", False, (512, 384), 0),
        ("standard", True, (512, 384), 0),
        ("standard", False, (6000, 4000), 0),
    ],
)
def test_what_has_borders_and_is_not_huge_has_a_margin(
    preset: str, seamless: bool, size: tuple[int, int], margin: int
) -> None:
    *coarser, finest = schedule.scales(*size, Settings.of_preset(preset, seamless=seamless))
    assert finest.margin == margin
    if not seamless:
        assert {scale.margin >> (scale.levels - 1) for scale in coarser} <= {16}
    assert finest.full_size == (size[0] + 2 * margin, size[1] + 2 * margin)


@pytest.mark.parametrize("width", [32, 500, 511, 512, 513, 1003, 2048])
def test_what_has_a_margin_is_painted_at_a_width_that_is_fast(width: int) -> None:
    for scale in schedule.scales(width, 400, Settings()):
        painted = scale.margin + scale.width + scale.right_margin
        for level in range(scale.levels):
            assert painted >> level == schedule.fast_width(painted >> level)
        assert painted < scale.width + 2 * scale.margin + 64
        assert scale.margin <= scale.right_margin


def test_full_size_is_the_pictures_own() -> None:
    assert schedule.working_size(1234, 567, Settings(size="full"), affordable=1e-9) == (1234, 567)


def test_named_size_never_enlarges() -> None:
    assert schedule.working_size(1000, 500, Settings(size=512), affordable=1) == (512, 256)
    assert schedule.working_size(400, 300, Settings(size=512), affordable=1) == (400, 300)


@pytest.mark.parametrize("affordable", [4.0, 12.0, 18.0, 60.0, 200.0])
def test_automatic_size_is_the_largest_that_can_be_afforded(affordable: float) -> None:
    settings = Settings()
    width, height = schedule.working_size(6000, 4000, settings, affordable)
    assert schedule.work(width, height, settings) <= affordable
    assert schedule.work(width + 6, height + 4, settings) > affordable
    assert width / height == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize("affordable", [16.0, 20.0, 30.0])
def test_no_larger_size_with_more_levels_can_be_afforded_either(affordable: float) -> None:
    settings = Settings()
    longest = max(schedule.working_size(3000, 3000, settings, affordable))
    larger = range(longest + 1, 3001, 7)
    assert all(schedule.work(side, side, settings) > affordable for side in larger)


def test_automatic_size_is_full_where_that_is_quick() -> None:
    assert schedule.working_size(640, 480, Settings(), affordable=1e6) == (640, 480)


def test_strength_of_fifty_is_the_notebook() -> None:
    settings = Settings.of_preset("classic")
    assert schedule.term_weights(settings) == pytest.approx((1e3, 1e-2, 0))


def test_more_strength_is_more_style() -> None:
    weights = [
        schedule.term_weights(Settings(strength=strength))[1] for strength in (1, 25, 50, 75, 100)
    ]
    assert weights == sorted(weights)


def test_brush_size_scales_the_style_but_never_enlarges_it() -> None:
    assert schedule.style_size((1000, 500), (400, 300), 1.0) == (400, 200)
    assert schedule.style_size((1000, 500), (400, 300), 2.0) == (800, 400)
    assert schedule.style_size((1000, 500), (400, 300), 4.0) == (1000, 500)
    assert min(schedule.style_size((1000, 50), (128, 96), 0.25)) >= schedule.MINIMUM_SIDE


@pytest.mark.parametrize("size", [(65535, 8), (8, 65535), (65535, 1)])
def test_a_line_of_pixels_keeps_to_size_and_time(size: tuple[int, int]) -> None:
    draft = Settings.of_preset("draft")
    work = schedule.working_size(*size, draft, affordable=5)
    assert schedule.work(*work, draft) <= 5
    assert min(work) == schedule.MINIMUM_SIDE
    assert max(schedule.working_size(*size, Settings(size=512), affordable=1)) <= 2048
    assert max(schedule.working_size(*size, Settings(size="full"), affordable=1)) <= 65535
    assert max(schedule.style_size(size, (64, 64), brush_size=1.0)) <= 2048


@pytest.mark.parametrize("size", [(96, 8), (20, 1000), (8, 8), (33, 500)])
def test_other_small_pictures_are_enlarged_in_proportion(size: tuple[int, int]) -> None:
    width, height = schedule.working_size(*size, Settings(size=64), affordable=1)
    assert width * size[1] == pytest.approx(height * size[0], rel=0.05)


@pytest.mark.parametrize(
    ("least", "fast"), [(1, 16), (16, 16), (17, 32), (699, 704), (1536, 1536), (1537, 1600)]
)
def test_a_fast_width_is_the_next_that_is_divided_well(least: int, fast: int) -> None:
    assert schedule.fast_width(least) == fast
