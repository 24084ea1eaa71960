"""Every form of a picture comes back as it went in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_server.studio.forms import taken, taken_mask
from nst_server.values.errors import NeuralStyleError

RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize("channels", [(), (1,), (2,), (3,), (4,)])
@pytest.mark.parametrize("kind", ["uint8", "uint16", ">u2", "float16", "float32", "float64"])
def test_an_array_keeps_type_and_channels(channels: tuple[int, ...], kind: str) -> None:
    array = (RANDOM.random((5, 7, *channels)) * (1 if "float" in kind else 255)).astype(kind)
    picture, in_form = taken(array)
    assert picture.samples.shape == (5, 7, 4 if channels in ((2,), (4,)) else 3)
    back = in_form(picture.samples)
    assert (back.shape, back.dtype) == (array.shape, array.dtype)
    tolerance = 1e-6 if "float" in kind else 0
    np.testing.assert_allclose(back.astype(float), array.astype(float), rtol=2e-3, atol=tolerance)


@pytest.mark.parametrize(
    ("mode", "gives"),
    [
        ("L", "L"),
        ("LA", "LA"),
        ("RGB", "RGB"),
        ("RGBA", "RGBA"),
        ("I;16", "I;16"),
        ("1", "RGB"),
        ("P", "RGB"),
        ("CMYK", "RGB"),
    ],
)
def test_an_image_keeps_its_mode_where_that_can_hold_a_painting(mode: str, gives: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(RANDOM.integers(0, 65536, (5, 7), np.uint16))
    else:
        image = Image.new("RGB", (7, 5), (200, 30, 10)).convert(mode)
    picture, in_form = taken(image)
    back = in_form(picture.samples)
    assert (back.mode, back.size) == (gives, image.size)
    if mode == gives:
        np.testing.assert_array_equal(np.asarray(back), np.asarray(image))


def test_a_path_gives_an_image(tmp_path: Path) -> None:
    Image.new("RGB", (7, 5), (200, 30, 10)).save(tmp_path / "a.png")
    for path in (tmp_path / "a.png", str(tmp_path / "a.png")):
        picture, in_form = taken(path)
        back = in_form(picture.samples)
        assert isinstance(back, Image.Image)
        assert back.getpixel((3, 3)) == (200, 30, 10)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.zeros((4, 4), np.int64), "An array of int64 is not understood."),
        (np.zeros((4, 4, 5), np.uint8), "An array of the shape 4×4×5 is no picture."),
        (np.zeros(4, np.uint8), "An array of the shape 4 is no picture."),
        (np.full((4, 4, 3), 255.0), "but these go up to 255."),
        (Image.new("F", (4, 4)), "of mode F is not understood."),
        (42, "not int."),
        ("nowhere.png", "There is no file nowhere.png."),
    ],
)
def test_anything_else_gets_a_sentence(picture: Any, words: str) -> None:
    with pytest.raises(NeuralStyleError, match=re.escape(words)) as caught:
        taken(picture)
    assert caught.value.code == "bad-image"


@pytest.mark.parametrize("kind", ["bool", "uint8", "float32"])
def test_masks_of_every_kind(kind: str) -> None:
    where = np.zeros((4, 6), bool)
    where[:, 3:] = True
    mask = where.astype(kind) * (255 if kind == "uint8" else 1)
    taken_in = taken_mask(mask.astype(kind), 6, 4).samples[..., 0]
    np.testing.assert_array_equal(taken_in, where * 255)
