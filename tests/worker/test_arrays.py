from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nst_server.values.job import SAMPLE_BYTES, PictureShape, SampleType
from nst_server.wire.spool import Spool
from nst_server.worker import arrays as module
from nst_server.worker.arrays import paint_over, read_mask, read_picture

MAXIMUM = {"uint8": 255, "uint16": 65535}


def every_value(sample: SampleType, channels: int) -> tuple[PictureShape, Any]:
    """A picture with every value of an integer type, or many of float32."""
    if sample == "float32":
        values = np.random.default_rng(1).random(65536, np.float32)
        values[:2] = 0, 1
    else:
        values = np.arange(MAXIMUM[sample] + 1).astype(sample)
    pixels = np.stack([np.roll(values, 7 * channel) for channel in range(channels)], -1)
    shape = PictureShape(pixels.shape[0] // 16, 16, channels, sample)
    return shape, pixels.reshape(shape.height, shape.width, channels)


@pytest.fixture(params=[module._STRIP_SAMPLES, 200], ids=["in one strip", "in many strips"])
def strips(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STRIP_SAMPLES", request.param)


def painted_over(pixels: bytes, shape: PictureShape, painting: Any, mask: Any) -> bytes:
    spool = Spool.holding(pixels)
    paint_over(spool, shape, painting, mask)
    return bytes(spool.read())


@pytest.mark.usefixtures("strips")
@pytest.mark.parametrize("sample", SAMPLE_BYTES)
@pytest.mark.parametrize("channels", [3, 4])
def test_an_unchanged_picture_comes_back_byte_for_byte(sample: SampleType, channels: int) -> None:
    shape, pixels = every_value(sample, channels)
    colours, alpha = read_picture(Spool.holding(pixels), shape)
    assert colours.dtype == np.float32
    assert colours.min() == 0
    assert colours.max() == 1
    scale = np.float32(MAXIMUM.get(sample, 1))
    np.testing.assert_array_equal(colours, pixels[..., :3] / scale)
    if channels == 4:
        np.testing.assert_array_equal(alpha, pixels[..., 3] / scale)
    else:
        assert alpha is None
    assert painted_over(pixels.tobytes(), shape, colours, None) == pixels.tobytes()


@pytest.mark.usefixtures("strips")
@pytest.mark.parametrize("sample", SAMPLE_BYTES)
@pytest.mark.parametrize("channels", [3, 4])
def test_only_colours_inside_the_mask_change(sample: SampleType, channels: int) -> None:
    shape, pixels = every_value(sample, channels)
    expected = 1 - read_picture(Spool.holding(pixels), shape)[0]
    mask = np.zeros(expected.shape[:2], np.float32)
    mask[2:9, 3:11] = 1 / 255
    back = painted_over(pixels.tobytes(), shape, expected, mask)
    after = np.frombuffer(back, pixels.dtype).reshape(pixels.shape)
    assert after[mask == 0].tobytes() == pixels[mask == 0].tobytes()
    assert after[..., 3:].tobytes() == pixels[..., 3:].tobytes()
    inside = mask > 0
    if channels == 4:
        inside &= pixels[..., 3] > 0
    got, _ = read_picture(Spool.holding(back), shape)
    np.testing.assert_allclose(got[inside], expected[inside], atol=1e-6)


@pytest.mark.usefixtures("strips")
@pytest.mark.parametrize("sample", SAMPLE_BYTES)
def test_a_mask_is_read_as_it_is(sample: SampleType) -> None:
    shape, pixels = every_value(sample, 1)
    mask = read_mask(Spool.holding(pixels), shape)
    np.testing.assert_array_equal(mask, pixels[..., 0] / np.float32(MAXIMUM.get(sample, 1)))


def test_what_is_fully_transparent_keeps_its_colours() -> None:
    shape = PictureShape(2, 1, 4, "uint8")
    pixels = bytes([1, 2, 3, 0, 4, 5, 6, 1])
    back = painted_over(pixels, shape, np.ones((1, 2, 3), np.float32), None)
    assert back == bytes([1, 2, 3, 0, 255, 255, 255, 1])


def test_floats_that_are_no_colours_become_colours_and_stay_where_the_mask_is_0() -> None:
    shape = PictureShape(5, 1, 3, "float32")
    values = np.repeat(np.array([np.nan, np.inf, -np.inf, -0.5, 1.5], np.float32), 3)
    floats, _ = read_picture(Spool.holding(values), shape)
    assert floats[0, :, 0].tolist() == [0, 1, 0, 0, 1]
    back = painted_over(values.tobytes(), shape, floats, np.zeros((1, 5), np.float32))
    assert back == values.tobytes()


def test_a_painting_outside_of_the_range_is_clipped_and_rounded() -> None:
    shape = PictureShape(3, 1, 3, "uint8")
    painting = np.repeat(np.array([[-0.2], [127.6 / 255], [1.3]], np.float32), 3, 1)[np.newaxis]
    assert painted_over(bytes(9), shape, painting, None) == bytes([0] * 3 + [128] * 3 + [255] * 3)
