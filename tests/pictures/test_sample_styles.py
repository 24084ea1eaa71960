"""The sample styles: the same on every run, rich in contrast, made of strokes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_server.pictures import sample_styles


def test_writes_every_picture_and_keeps_those_there(styles: Path, tmp_path: Path) -> None:
    folder = tmp_path / "styles"
    shutil.copytree(styles, folder)
    paths = sorted(folder.iterdir())
    assert sorted(path.stem for path in paths) == sorted(sample_styles.NAMES)
    paths[0].write_bytes(b"a person's own")
    assert sorted(sample_styles.write(folder)) == paths
    assert paths[0].read_bytes() == b"a person's own"


def test_is_the_same_every_time() -> None:
    assert sample_styles.paint("brushwork").tobytes() == sample_styles.paint("brushwork").tobytes()


@pytest.mark.parametrize("name", sample_styles.NAMES)
def test_is_a_style(styles: Path, name: str) -> None:
    picture = Image.open(styles / f"{name}.jpg")
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
