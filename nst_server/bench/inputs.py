"""The pictures that are painted: a computed landscape, and a sample style."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from nst_server.pictures import sample_styles
from nst_server.values.errors import NeuralStyleError

Array = npt.NDArray[np.float32]

STYLE = "swirls"
"""Name of a sample style."""


def landscape(width: int, height: int) -> Array:
    """Sky, ridges and water with the spectrum of a photograph: height × width × 3 in [0, 1].

    It is the same on every machine; all values are exact in eight bits.
    """
    random = np.random.default_rng(11)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, np.newaxis, np.newaxis]
    picture = _color("8fb4d9") * (1 - down) + _color("f3d9b5") * down
    clouds = np.clip(_noise(random, width, height, 3) - 0.1, 0, 1)[..., np.newaxis]
    picture = picture + (1 - picture) * clouds * np.clip(1.2 - 2.5 * down, 0, 1)
    for distance, color in enumerate(("93a5b5", "5f7f78", "3f5a3c", "2c3a24")):
        outline = 0.34 + 0.11 * distance + 0.07 * _noise(random, width, 1, 3 + distance)[0]
        ground = (down[..., 0] > outline[np.newaxis, :])[..., np.newaxis]
        grain = 0.09 * (1 + distance) * _noise(random, width, height, 6 * (1 + distance))
        shaded = _color(color) * (1 + grain[..., np.newaxis])
        picture = np.where(ground, shaded, picture)
    depth = height // 5
    mirrored = picture[height - 2 * depth : height - depth][::-1]
    waves = 1 + 0.12 * _noise(random, width, depth, 40)[..., np.newaxis]
    picture[height - depth :] = (0.75 * mirrored + 0.25 * _color("34586b")) * waves
    return _floats(np.rint(np.clip(picture, 0, 1) * 255) / 255)


def repeated(width: int, height: int) -> Array:
    """A large picture filled with a mirrored small landscape, which takes little extra memory."""
    small = landscape(min(width, 1024), min(height, 768))
    rest = ((0, height - small.shape[0]), (0, width - small.shape[1]), (0, 0))
    return _floats(np.pad(small, rest, mode="symmetric"))


def content(path: Path | None, longest: int) -> Array:
    """The picture at ``path``, or the landscape in 4 : 3, scaled to exactly that longest side."""
    if path is None:
        return landscape(longest, longest * 3 // 4)
    return _fitted(_opened(path), longest)


def style(path: Path | None, longest: int) -> Array:
    """The picture at ``path``, or a sample style, scaled to exactly that longest side."""
    return _fitted(sample_styles.paint(STYLE) if path is None else _opened(path), longest)


def _opened(path: Path) -> Image.Image:
    try:
        return Image.open(path).convert("RGB")
    except OSError:
        raise NeuralStyleError(
            "bad-image", f"{path} is not a picture that can be read.", "Take a PNG or JPEG."
        ) from None


def _fitted(image: Image.Image, longest: int) -> Array:
    factor = longest / max(image.size)
    size = max(8, round(image.width * factor)), max(8, round(image.height * factor))
    resized = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    return _floats(np.asarray(resized) / 255)


def _color(name: str) -> Array:
    return _floats([int(name[at : at + 2], 16) / 255 for at in (0, 2, 4)])


def _floats(values: npt.ArrayLike) -> Array:
    return np.asarray(values, np.float32)


def _noise(random: np.random.Generator, width: int, height: int, cells: int) -> Array:
    """Smooth noise, each octave twice as fine and half as strong, down to the pixel."""
    total = np.zeros((height, width), np.float32)
    strength = 1.0
    while cells < 2 * max(width, height):
        coarse = random.standard_normal((min(cells, height), min(cells, width)))
        plane = Image.fromarray(coarse.astype(np.float32))
        resized = plane.resize((width, height), Image.Resampling.BICUBIC)
        total += np.float32(strength) * np.asarray(resized)
        cells, strength = 2 * cells, strength / 2
    return _floats(total / 2)
