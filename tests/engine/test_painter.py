"""What a painting may and must change: identities on small pictures with the real network."""

from __future__ import annotations

import weakref

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from nst_server.engine.canvas.color import oklab_from_srgb
from nst_server.engine.canvas.picture import Picture, Style, WeightedStyle, fill_transparent, resize
from nst_server.engine.canvas.strips import joined
from nst_server.engine.iterate import Iterate
from nst_server.engine.method import MethodKey
from nst_server.engine.painter import Painter
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings
from tests.support.landscapes import landscape

pytestmark = pytest.mark.engine

Array = npt.NDArray[np.float32]

CONTENT = landscape(100, 70, seed=1)
STYLE = landscape(90, 80, seed=2)


def settings(**changes: object) -> Settings:
    quick = {"iterations": 3, "coarsest": 64, "precision": "float32", "size": "full"}
    return Settings.of_preset("standard", **{**quick, **changes})


def paint(painter: Painter, *styles: Style, mask: Array | None = None, **changes: object) -> Array:
    content = changes.pop("content", Picture(CONTENT))
    assert isinstance(content, Picture)
    return last(painter, content, styles or (Style(Picture(STYLE)),), mask, **changes).result()


def last(
    painter: Painter,
    content: Picture,
    styles: tuple[Style, ...],
    mask: Array | None,
    **changes: object,
) -> Iterate:
    return list(painter.stylize(content, styles, settings(**changes), mask))[-1]


def test_no_strength_is_the_content(painter: Painter) -> None:
    np.testing.assert_array_equal(paint(painter, strength=0), CONTENT)


def test_no_strength_is_seen_as_the_content(painter: Painter) -> None:
    (only,) = painter.stylize(Picture(CONTENT), [Style(Picture(STYLE))], settings(strength=0))
    height, width, _ = CONTENT.shape
    exact = only.preview(max(width, height))
    np.testing.assert_array_equal(exact, np.rint(CONTENT * 255).astype(np.uint8))
    small = only.preview(20)
    assert max(small.shape[:2]) <= 20
    np.testing.assert_allclose(small.mean((0, 1)), exact.mean((0, 1)), atol=20)


def test_strength_changes_it_and_the_seed_repeats_it(painter: Painter) -> None:
    first, second = paint(painter, seed=3), paint(painter, seed=3)
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - CONTENT).mean() > 0.01
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1


def test_strokes_grow_further_than_a_small_style_could(painter: Painter) -> None:
    broad, broader = paint(painter, brush_size=1.5), paint(painter, brush_size=2)
    assert np.abs(broad - broader).mean() > 0.01


def test_an_opaque_alpha_of_a_style_is_none(painter: Painter) -> None:
    opaque = Picture(STYLE, np.ones(STYLE.shape[:2], np.float32))
    np.testing.assert_array_equal(
        paint(painter, Style(opaque), iterations=6),
        paint(painter, Style(Picture(STYLE)), iterations=6),
    )


def test_it_ends_where_nothing_changes_visibly_any_more(painter: Painter) -> None:
    many = settings(iterations=400, precision="bfloat16")
    iterates = painter.stylize(Picture(CONTENT), [Style(Picture(STYLE))], many)
    seen = [(iterate.progress, iterate.result()) for iterate in iterates]
    coarse = [result for progress, result in seen if progress.scale == 1]
    fine = [result for progress, result in seen if progress.scale == 2]
    for results, planned in ((coarse, 600), (fine, 400)):
        assert 50 < len(results) < planned
        assert np.sqrt(np.mean((results[-1] - results[-11]) ** 2)) < 1 / 255


def test_the_notebooks_algorithm_makes_all_its_iterations(painter: Painter) -> None:
    classic = Settings.of_preset(
        "classic", iterations=60, size="full", strength=0.01, init="content"
    )
    assert (
        sum(1 for _ in painter.stylize(Picture(CONTENT), [Style(Picture(CONTENT))], classic)) == 60
    )


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_empty_layer_becomes_a_texture(painter: Painter, precision: str) -> None:
    gray = Picture(np.full((64, 64, 3), 0.5, np.float32))
    made = paint(painter, content=gray, seamless=True, precision=precision, iterations=6)
    assert made.std(axis=(0, 1)).mean() > 0.03


def test_seed_matters_where_it_starts_from_noise(painter: Painter) -> None:
    one = paint(painter, init="noise", seed=1)
    assert np.abs(one - paint(painter, init="noise", seed=2)).mean() > 0.01


def test_weight_of_nothing_is_no_style(painter: Painter) -> None:
    style, other = Picture(STYLE), Picture(landscape(64, 64, seed=9))
    alone = paint(painter, Style(style))
    np.testing.assert_allclose(paint(painter, Style(style, 2), Style(other, 0)), alone, atol=1e-6)


def test_weight_of_nothing_has_no_region(painter: Painter) -> None:
    everywhere = np.ones(CONTENT.shape[:2], np.float32)
    none, style = Style(Picture(CONTENT), 0, everywhere), Style(Picture(STYLE))
    np.testing.assert_array_equal(paint(painter, none, style), paint(painter, style))


@pytest.mark.parametrize("style_loss", ["wasserstein", "gram"])
@pytest.mark.parametrize("content", [landscape(93, 61), np.full((61, 93, 3), 0.5, np.float32)])
@pytest.mark.parametrize("part", [np.s_[57:, :], np.s_[:, 86:], np.s_[60:, 92:], np.s_[16:32, :16]])
def test_a_selection_is_painted_however_narrow(
    painter: Painter, content: Array, part: tuple[slice, slice], style_loss: str
) -> None:
    """Also where poolings leave out the last pixels, and in one position of the deepest layer."""
    mask = np.zeros(content.shape[:2], np.float32)
    mask[part] = 1
    changes = {"style_loss": style_loss, "iterations": 3, "strength": 90}
    done = last(painter, Picture(content), (Style(Picture(STYLE)),), mask, **changes).result()
    assert np.abs(done - content)[part].max() > 0.01
    assert np.isfinite(done).all()


def test_order_of_styles_does_not_matter(painter: Painter) -> None:
    one, other = Style(Picture(STYLE)), Style(Picture(landscape(64, 64, seed=9)))
    assert np.abs(paint(painter, one, other) - paint(painter, other, one)).mean() < 5e-4


def test_outside_the_mask_nothing_changes(painter: Painter) -> None:
    mask = np.zeros(CONTENT.shape[:2], np.float32)
    mask[20:50, 30:80] = 1
    mask[20:50, 28:30] = 0.3
    result = paint(painter, mask=mask)
    np.testing.assert_array_equal(result[mask == 0], CONTENT[mask == 0])
    assert np.abs(result - CONTENT)[mask == 1].mean() > 0.01


@pytest.mark.parametrize("seamless", [False, True])
def test_a_mask_or_an_alpha_of_all_is_none(painter: Painter, seamless: bool) -> None:
    everything = np.ones(CONTENT.shape[:2], np.float32)
    expected = paint(painter, seamless=seamless)
    masked = paint(painter, mask=everything, seamless=seamless)
    np.testing.assert_array_equal(masked, expected)
    opaque = paint(painter, content=Picture(CONTENT, everything), seamless=seamless)
    np.testing.assert_array_equal(opaque, expected)


def test_what_it_starts_from_is_not_in_memory_until_the_end(painter: Painter) -> None:
    init = Picture(STYLE.copy())
    held = weakref.ref(init.rgb)
    styles, changes = [Style(Picture(STYLE))], settings(init="picture")
    iterates = painter.stylize(Picture(CONTENT), styles, changes, init=init)
    del init
    for _ in range(2):
        next(iterates)
    assert held() is None


def test_transparent_pixels_keep_their_values_and_are_not_seen(painter: Painter) -> None:
    alpha = np.ones(CONTENT.shape[:2], np.float32)
    alpha[:30] = 0
    hidden = CONTENT.copy()
    hidden[:30] = np.float32(0.123)
    result = paint(painter, content=Picture(CONTENT, alpha))
    np.testing.assert_array_equal(result[:30], CONTENT[:30])
    other = paint(painter, content=Picture(hidden, alpha))
    np.testing.assert_array_equal(other[:30], hidden[:30])
    np.testing.assert_allclose(other[30:], result[30:], atol=1e-6)


def test_transparent_parts_of_a_style_do_not_count(painter: Painter) -> None:
    alpha = np.ones(STYLE.shape[:2], np.float32)
    alpha[:, :40] = 0
    painted_over = STYLE.copy()
    painted_over[:, :40] = 1
    np.testing.assert_allclose(
        paint(painter, Style(Picture(STYLE, alpha))),
        paint(painter, Style(Picture(painted_over, alpha))),
        atol=1e-6,
    )


def test_filling_keeps_what_is_opaque() -> None:
    alpha = np.ones((20, 30), np.float32)
    alpha[5:15, 10:25] = 0
    picture = np.full((20, 30, 3), 0.25, np.float32)
    picture[5:15, 10:25] = 1
    np.testing.assert_allclose(fill_transparent(Picture(picture, alpha)), 0.25, atol=1e-6)


def test_colors_of_the_content(painter: Painter) -> None:
    gentle = 0.4 + 0.2 * CONTENT
    result = paint(painter, content=Picture(gentle), colors="content", iterations=6)
    found, wanted = oklab_from_srgb(result), oklab_from_srgb(gentle)
    inside = ((result > 0.001) & (result < 0.999)).all(-1) & (found[..., 0] < 0.9)
    assert inside.mean() > 0.5
    assert np.abs(found - wanted)[..., 1:][inside].mean() < 3e-3
    assert np.abs(found - wanted)[..., 0].mean() > 0.01


@pytest.mark.parametrize("size", [(8, 8), (200, 9), (33, 47), (65, 64)])
def test_result_has_the_size_of_the_content(painter: Painter, size: tuple[int, int]) -> None:
    content = Picture(landscape(*size))
    iterate = last(painter, content, (Style(Picture(STYLE)),), None, iterations=1)
    assert iterate.result().shape == (size[1], size[0], 3)
    assert max(iterate.preview(32).shape[:2]) <= 32


def test_painted_small_it_is_enlarged_along_the_edges_of_the_content(painter: Painter) -> None:
    content = np.full((120, 160, 3), 0.2, np.float32)
    content[:, 81:] = 0.8  # an edge that the small picture cannot hold
    result = paint(painter, content=Picture(content), size=64, strength=5)
    assert result.shape == content.shape
    across = result.mean((0, 2))
    assert across[82] - across[79] > 0.7 * (across[120] - across[40])


def test_every_iterate_tells_where_it_is(painter: Painter) -> None:
    style = (Style(Picture(STYLE)),)
    seen = [i.progress for i in painter.stylize(Picture(CONTENT), style, settings())]
    assert [p.iteration for p in seen if p.scale == p.scales] == [1, 2, 3]
    shares = [p.done for p in seen]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert all(p.loss == pytest.approx(sum(p.terms.values())) for p in seen)
    assert seen[-1].loss < next(p.loss for p in seen if p.scale == p.scales)


@pytest.mark.parametrize("tile", ["none", 64])
def test_no_new_size_is_traced_again(painter: Painter, tile: str | int) -> None:
    style = (Style(Picture(STYLE)),)
    list(painter.stylize(Picture(CONTENT), style, settings(optimizer="adam", tile=tile)))
    traces = _count_traces(painter)
    for size in ((90, 61), (41, 77), (300, 140)):
        changes = settings(iterations=1, optimizer="adam", tile=tile)
        list(painter.stylize(Picture(landscape(*size)), style, changes))
    assert _count_traces(painter) == traces


def _count_traces(painter: Painter) -> int:
    method = painter._method(MethodKey.of(settings(optimizer="adam"), "vgg16", "float32"))
    objective, adam = method.at(1).objective, method.adam
    assert adam is not None
    traced = [
        each
        for stage in objective.stages
        for each in (stage.measure, stage.forward, stage.backward)
    ]
    functions = [objective.style_gradients, objective.cell_variation, adam._traced]
    counts: list[int] = [function.experimental_get_tracing_count() for function in functions]
    return sum(each.traces for each in (*traced, objective.whole_gradient)) + sum(counts)


def test_bfloat16_follows_float32(painter: Painter) -> None:
    exact, rough = paint(painter), paint(painter, precision="bfloat16")
    assert np.abs(exact - rough).mean() < 0.02


@pytest.mark.parametrize(
    ("content", "mask", "words"),
    [
        (Picture(np.zeros((1, 1, 3), np.float32)), None, "too small"),
        (Picture(CONTENT, np.zeros((70, 100), np.float32)), None, "transparent everywhere"),
        (Picture(CONTENT), np.zeros((70, 100), np.float32), "selection is empty"),
        (Picture(np.full((16, 16, 3), np.nan, np.float32)), None, "not numbers"),
    ],
)
def test_what_cannot_be_painted_gets_a_sentence(
    painter: Painter, content: Picture, mask: Array | None, words: str
) -> None:
    with pytest.raises(NeuralStyleError, match=words) as caught:
        last(painter, content, (Style(Picture(STYLE)),), mask)
    assert caught.value.code == "bad-image"


@pytest.mark.parametrize("levels", [1, 2])
def test_gradient_of_the_finest_scale_is_that_of_the_loss(painter: Painter, levels: int) -> None:
    method = painter._method(MethodKey.of(settings(), "vgg16", "float32"))
    content, style = (tf.constant(picture[np.newaxis]) for picture in (CONTENT, STYLE))
    whole = WeightedStyle(style, tf.ones_like(style[..., :1]), 1.0)
    objective = method.at(levels).objective
    targets = objective.targets(content, [[whole]] * levels, None)
    weights = method.weights(settings())
    start = tf.constant(landscape(100, 70, seed=5)[np.newaxis])
    _, strips = objective.gradient(start, targets, weights)
    gradient = joined(strips)
    direction = tf.sign(gradient)
    step = 2e-4  # small: the network has kinks

    def loss(by: float) -> float:
        terms, _ = objective.gradient(start + by * direction, targets, weights)
        return float(tf.reduce_sum(terms))

    slope = (loss(step) - loss(-step)) / (2 * step)
    np.testing.assert_allclose(float(tf.reduce_sum(gradient * direction)), slope, rtol=0.02)


def test_preview_of_a_large_content_is_what_will_be_seen(painter: Painter) -> None:
    content = Picture(landscape(700, 525, seed=1))
    mask = np.zeros((525, 700), np.float32)
    mask[:, 350:] = 1
    iterate = last(painter, content, (Style(Picture(STYLE)),), mask, size=96)
    preview = iterate.preview(64)
    seen = np.where(mask[..., np.newaxis] > 0, iterate.result(), content.rgb)
    small = resize(seen, preview.shape[1], preview.shape[0])[0].numpy()
    assert np.abs(preview / 255 - small).mean() < 0.05
    original = resize(content.rgb, preview.shape[1], preview.shape[0])[0].numpy()
    np.testing.assert_allclose(preview[:, :28] / 255, original[:, :28], atol=0.06)
