"""Which orders an animation becomes, and what of a painting stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from nst_server.animation.carrying import carried
from nst_server.animation.painted_frames import painted_frames
from nst_server.values.job import Job, JobStyle
from nst_server.values.settings import Settings
from nst_server.wire.order import Order, Raster
from tests.support.landscapes import landscape

WIDTH, HEIGHT, SIDE = 80, 60, 20
STYLE = JobStyle(Raster(1, 1, 3, "uint8", bytes(3)))


def frame(left: int, seed: int = 1) -> npt.NDArray[np.float32]:
    """Something at ``left`` before a background."""
    picture = landscape(WIDTH, HEIGHT, seed)
    picture[20 : 20 + SIDE, left : left + SIDE] = landscape(SIDE, SIDE, seed=2)
    return picture


def order(picture: npt.NDArray[np.float32], alpha: int | None = None) -> Order:
    samples = np.rint(picture * 255).astype(np.uint8)
    if alpha is not None:
        samples = np.dstack([samples, np.full((HEIGHT, WIDTH), alpha, np.uint8)])
    channels = samples.shape[2]
    content = Raster(WIDTH, HEIGHT, channels, "uint8", samples.tobytes())
    return Job(Settings.of_preset("draft", iterations=9), content, (STYLE,))


class Painter:
    """Paints every picture in one color, and another one each time."""

    def __init__(self) -> None:
        self.orders: list[Order] = []

    def paint(self, order: Order) -> bytes:
        self.orders.append(order)
        content = order.content
        return bytes([10 * len(self.orders)]) * content.size_in_bytes

    def frames(self, *orders: Order) -> list[npt.NDArray[np.uint8]]:
        return [
            np.frombuffer(painted, np.uint8).reshape(HEIGHT, WIDTH, -1)
            for painted in painted_frames(orders, self.paint)
        ]


def test_what_is_still_stays_as_it_was_painted() -> None:
    painter = Painter()
    first, second = painter.frames(order(frame(20)), order(frame(32)))
    assert (first == 10).all()
    still = np.ones((HEIGHT, WIDTH), bool)
    still[12:48, 10:62] = False
    assert (second[still] == 10).all()
    assert (second[27:33, 39:45] == 10).mean() > 0.9  # moved as it was painted
    assert (second[22:38, 22:27] == 30).mean() > 0.9  # came into sight


def test_a_frame_begins_with_the_one_before_at_one_scale() -> None:
    painter = Painter()
    painter.frames(order(frame(20)), order(frame(32)))
    first, alone, onwards = painter.orders
    assert first.init is None and alone.init is None
    assert onwards.settings == replace(first.settings, init="picture", coarsest=0, iterations=3)
    assert onwards.init is not None
    start = np.frombuffer(onwards.init.pixels, "<f4").reshape(HEIGHT, WIDTH, 3) * 255
    np.testing.assert_allclose(start[:10], 10, atol=1e-3)
    np.testing.assert_allclose(start[25:35, 22:26], 20, atol=1e-3)  # of the frame alone


def test_a_frame_that_is_the_same_is_not_painted() -> None:
    painter = Painter()
    first, second = painter.frames(order(frame(20)), order(frame(20)))
    assert len(painter.orders) == 1
    np.testing.assert_array_equal(first, second)


def test_another_scene_is_painted_by_itself() -> None:
    painter = Painter()
    _, second = painter.frames(order(frame(20)), order(1 - frame(20, seed=5)))
    assert [each.init for each in painter.orders] == [None, None]
    assert (second == 20).all()


def test_slow_fading_is_painted_once_it_adds_up() -> None:
    painter = Painter()
    base = 0.5 * frame(20)
    shades = [order(base + 6 * number / 255) for number in range(5)]
    results = painter.frames(*shades)
    assert (results[1] == 10).all()
    assert (results[-1] > 10).mean() > 0.9


def test_at_a_strength_of_0_frames_are_what_the_engine_leaves_them() -> None:
    painter = Painter()
    untouched = replace(order(frame(20)), settings=Settings(strength=0))
    painter.frames(untouched, untouched)
    assert painter.orders == [untouched, untouched]


def test_alpha_is_the_frames_own() -> None:
    painter = Painter()
    first, second = painter.frames(order(frame(20), alpha=255), order(frame(20), alpha=9))
    assert (first[..., 3] == 255).all() and (second[..., 3] == 9).all()


@pytest.mark.parametrize("left", [20, 32])
def test_grain_is_no_change(left: int) -> None:
    grain = np.random.default_rng(0).standard_normal((2, HEIGHT, WIDTH, 3)) * 2 / 255
    one, other = (np.float32(frame(20) + grain[0]), np.float32(frame(left) + grain[1]))
    kept = carried(one, one, other).kept
    kept[12:48, 10:62] = 1
    assert kept.min() == 1


def test_what_comes_into_the_selection_is_painted() -> None:
    """The right half is selected, and the picture moves to the right."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, WIDTH // 2 :] = 255
    selection = Raster(WIDTH, HEIGHT, 1, "uint8", mask.tobytes())

    def paint(order: Order) -> bytes:
        """Invert what is selected."""
        content = np.frombuffer(bytes(order.content.pixels), np.uint8).reshape(HEIGHT, WIDTH, 3)
        return np.where(mask[..., np.newaxis] > 0, 255 - content, content).tobytes()

    wide = landscape(2 * WIDTH, HEIGHT, seed=3)
    contents = [wide[:, WIDTH - by : 2 * WIDTH - by] for by in (0, 8, 16)]
    orders = [replace(order(content), mask=selection) for content in contents]
    for content, result in zip(contents, painted_frames(orders, paint), strict=True):
        painted = np.frombuffer(result, np.uint8).reshape(HEIGHT, WIDTH, 3).astype(float)
        inverted = 255 - np.rint(content * 255)
        difference = np.abs(painted - inverted)[8:-8, WIDTH // 2 + 2 : -2]
        assert difference.mean() < 12, "the photograph is not seen inside"


def test_numbers_that_are_none_spoil_nothing() -> None:
    def spoiled(left: int) -> Order:
        picture = np.float32(frame(left))
        picture[3, 5] = np.nan, np.inf, -np.inf
        content = Raster(WIDTH, HEIGHT, 3, "float32", picture.tobytes())
        return Job(Settings.of_preset("draft", iterations=9), content, (STYLE,))

    def paint(order: Order) -> bytes:
        return np.full((HEIGHT, WIDTH, 3), 0.5, "<f4").tobytes()

    for result in painted_frames([spoiled(20), spoiled(32), spoiled(32)], paint):
        np.testing.assert_allclose(np.frombuffer(result, "<f4"), 0.5, atol=1e-5)
