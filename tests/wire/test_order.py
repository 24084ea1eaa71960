"""An order: pixels of the right length, in one order that only `Job.map` knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, JobStyle, PictureShape
from nst_server.values.settings import Settings
from nst_server.wire.order import Order, Raster, order_from, spooled
from nst_server.wire.spool import Spool


def raster(width: int, height: int, channels: int, value: int) -> Raster:
    shape = PictureShape(width, height, channels, "uint8")
    return Raster.of(shape, bytes([value]) * shape.size_in_bytes)


def order() -> Order:
    """One with every picture there can be, each of a value of its own."""
    return Job(
        Settings(init="picture"),
        raster(6, 4, 4, 1),
        (JobStyle(raster(3, 3, 3, 4), 0.5, raster(6, 4, 1, 5)), JobStyle(raster(2, 2, 3, 6))),
        raster(6, 4, 1, 2),
        raster(5, 5, 3, 3),
    )


def test_pixels_travel_in_one_order() -> None:
    assert [picture.pixels[0] for picture in order().pictures()] == [1, 2, 3, 4, 5, 6]


def test_an_order_comes_back_from_its_header_and_one_stream() -> None:
    sent = order()
    stream = Spool.holding(b"".join(picture.pixels for picture in sent.pictures()))
    received = order_from(Job.from_wire(sent.to_wire()), stream)
    assert received.header() == sent.header()
    pixels = [picture.pixels.read() for picture in received.pictures()]
    assert pixels == [picture.pixels for picture in sent.pictures()]


def test_spooled_pixels_are_the_same() -> None:
    pixels = [picture.pixels.read() for picture in spooled(order(), Spool.holding).pictures()]
    assert pixels == [picture.pixels for picture in order().pictures()]


@pytest.mark.parametrize("length", [0, 11, 13])
def test_pixels_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        Raster(2, 2, 3, "uint8", bytes(length))
    assert caught.value.code == "bad-usage"


def test_pictures_that_do_not_go_together_are_refused_when_a_job_is_made() -> None:
    good = order()
    attempts: list[Callable[[], Order]] = [
        lambda: Job(good.settings, good.content, (), init=good.init),
        lambda: Job(good.settings, good.content, good.styles, raster(6, 5, 1, 0), good.init),
        lambda: Job(good.settings, good.content, good.styles),
        lambda: Job(Settings(), raster(6, 4, 1, 0), good.styles),
        lambda: Job(Settings(), good.content, (JobStyle(good.content, float("nan")),)),
    ]
    for broken in attempts:
        with pytest.raises(NeuralStyleError) as caught:
            broken()
        assert caught.value.code in {"bad-settings", "bad-image"}
