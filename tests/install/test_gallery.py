"""The sample styles: the same on every run, rich in contrast, made of strokes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_server import gallery


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("styles")
    gallery.write(target)
    return target


def test_writes_every_picture_and_keeps_those_there(folder: Path) -> None:
    paths = sorted(folder.iterdir())
    assert sorted(path.stem for path in paths) == sorted(gallery.NAMES)
    paths[0].write_bytes(b"a person's own")
    assert sorted(gallery.write(folder)) == paths
    assert paths[0].read_bytes() == b"a person's own"
    paths[0].unlink()
    gallery.write(folder)


def test_is_the_same_every_time() -> None:
    assert gallery.paint("glass").tobytes() == gallery.paint("glass").tobytes()


@pytest.mark.parametrize("name", gallery.NAMES)
def test_is_a_style(folder: Path, name: str) -> None:
    picture = Image.open(folder / f"{name}.jpg")
    assert picture.mode == "RGB"
    assert min(picture.size) >= 512
    pixels = np.asarray(picture, np.float32) / 255
    value = pixels.mean(2)
    low, high = np.percentile(value, (3, 97))
    assert high - low > 0.35  # light against dark
    chroma = pixels.max(2) - pixels.min(2)
    assert np.percentile(chroma, 80) > 0.15  # colours, not grays
    detail = np.hypot(*np.gradient(value))
    blocks = detail.reshape(12, 64, 12, 64).mean((1, 3))
    assert (blocks > 0.004).mean() > 0.95  # hardly a flat patch anywhere
