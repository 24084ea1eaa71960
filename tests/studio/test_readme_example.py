"""The README's Python example, word for word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import nst_server

SOURCES = Path(nst_server.__file__).parent.parent


@pytest.mark.engine
def test_example(
    painting_home: Path, tmp_path: Path, photo: npt.NDArray[np.uint8], style: npt.NDArray[np.uint8]
) -> None:
    (script,) = re.findall(
        r"^```py\n(.*?)^```$", (SOURCES / "README.md").read_text("utf-8"), re.M | re.S
    )
    (tmp_path / "photos").mkdir()
    for name in ("photo.jpg", "photos/one.jpg", "photos/two.jpg"):
        Image.fromarray(photo).save(tmp_path / name)
    Image.fromarray(style).save(tmp_path / "style.jpg")
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "NST_HOME": str(painting_home), "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "one.jpg: 100%\n" in done.stdout
    for name in ("painted.png", "painted-one.png", "painted-two.png"):
        with Image.open(tmp_path / name) as image:
            assert image.size == (photo.shape[1], photo.shape[0])
