from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nst_server.job import SAMPLE_BYTES, PictureShape
from nst_server.service.pixels import paint_over, split_alpha, to_floats

MAXIMUM = {"uint8": 255, "uint16": 65535}


def every_value(sample: str, channels: int) -> tuple[PictureShape, Any]:
    """A picture with every value of an integer type, or many of float32."""
    if sample == "float32":
        values = np.random.default_rng(1).random(65536, np.float32)
        values[:2] = 0, 1
    else:
        values = np.arange(MAXIMUM[sample] + 1).astype(sample)
    pixels = np.stack([np.roll(values, 7 * channel) for channel in range(channels)], -1)
    shape = PictureShape(pixels.shape[0] // 16, 16, channels, sample)
    return shape, pixels.reshape(shape.height, shape.width, channels)


@pytest.mark.parametrize("sample", SAMPLE_BYTES)
@pytest.mark.parametrize("channels", [3, 4])
def test_an_unchanged_picture_comes_back_byte_for_byte(sample: str, channels: int) -> None:
    shape, pixels = every_value(sample, channels)
    colours, alpha = split_alpha(to_floats(pixels.tobytes(), shape))
    assert colours.dtype == np.float32
    assert colours.min() == 0
    assert colours.max() == 1
    assert (alpha is None) == (channels == 3)
    back = paint_over(pixels.tobytes(), shape, colours, None)
    assert bytes(back) == pixels.tobytes()


@pytest.mark.parametrize("sample", SAMPLE_BYTES)
@pytest.mark.parametrize("channels", [3, 4])
def test_only_colours_inside_the_mask_change(sample: str, channels: int) -> None:
    shape, pixels = every_value(sample, channels)
    painting = 1 - to_floats(pixels.tobytes(), shape)[..., :3]
    mask = np.zeros(painting.shape[:2], np.float32)
    mask[2:9, 3:11] = 1 / 255
    back = np.frombuffer(paint_over(pixels.tobytes(), shape, painting, mask), pixels.dtype)
    back = back.reshape(pixels.shape)
    assert back[mask == 0].tobytes() == pixels[mask == 0].tobytes()
    assert back[..., 3:].tobytes() == pixels[..., 3:].tobytes()
    inside = mask > 0
    if channels == 4:
        inside &= pixels[..., 3] > 0
    expected = to_floats(pixels.tobytes(), shape)[..., :3]
    got = to_floats(back.tobytes(), shape)[..., :3]
    np.testing.assert_allclose(got[inside], 1 - expected[inside], atol=1e-6)


def test_what_is_fully_transparent_keeps_its_colours() -> None:
    shape = PictureShape(2, 1, 4, "uint8")
    pixels = bytes([1, 2, 3, 0, 4, 5, 6, 1])
    back = paint_over(pixels, shape, np.ones((1, 2, 3), np.float32), None)
    assert bytes(back) == bytes([1, 2, 3, 0, 255, 255, 255, 1])


def test_floats_that_are_no_colours_become_colours_and_stay_where_the_mask_is_0() -> None:
    shape = PictureShape(5, 1, 3, "float32")
    values = np.repeat(np.array([np.nan, np.inf, -np.inf, -0.5, 1.5], np.float32), 3)
    floats = to_floats(values.tobytes(), shape)
    assert floats[0, :, 0].tolist() == [0, 1, 0, 0, 1]
    back = paint_over(values.tobytes(), shape, floats, np.zeros((1, 5), np.float32))
    assert bytes(back) == values.tobytes()


def test_a_painting_outside_of_the_range_is_clipped_and_rounded() -> None:
    shape = PictureShape(3, 1, 3, "uint8")
    painting = np.repeat(np.array([[-0.2], [127.6 / 255], [1.3]], np.float32), 3, 1)[np.newaxis]
    assert bytes(paint_over(bytes(9), shape, painting, None)) == bytes(
        [0] * 3 + [128] * 3 + [255] * 3
    )
