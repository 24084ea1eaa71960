"""Pictures through pipes: ``-``, process substitution, and what two of them cannot be."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.running import NST, QUICK, nst

pytestmark = pytest.mark.engine


def test_a_picture_goes_through_a_pipeline(home: Path, files: Path) -> None:
    words = [*NST, "stylize", "-", "--style", files / "style.png", "-o", "-", *QUICK]
    done = subprocess.run(
        [str(word) for word in words],
        input=(files / "content.png").read_bytes(),
        capture_output=True,
        env={**os.environ, "NST_HOME": str(home)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert image.format == "PNG"
        assert image.size == (160, 120)


def test_process_substitution(home: Path, files: Path) -> None:
    """Both ways, with a server that is started by it and must not hold the pipe open."""
    nst(home, "stop")
    command = " ".join(map(str, NST))
    flags = " ".join(map(str, QUICK))
    script = (
        f"{command} stylize <(cat '{files}/content.png') --style <(cat '{files}/style.png') "
        f"-o >(cat > '{files}/substituted.png') {flags}; code=$?; wait; exit $code"
    )
    environment = {**os.environ, "NST_HOME": str(home)}
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    with Image.open(files / "substituted.png") as image:
        assert np.asarray(image).shape == (120, 160, 3)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-", "--style", "-", "-o", "out.png"], "Standard input can be read only once."),
        (["a.png", "--style", "-", "--mask", "-", "-o", "out.png"], "only once"),
        (["--resume", "-", "--style", "-", "-o", "out.png"], "only once"),
        (["--resume", "/dev/null", "--style", "a.png", "-o", "out.png"], "is read twice"),
        (["a.png", "--style", "b.png", "-o", "-", "--json"], "can hold only the picture"),
        (["a.png", "--style", "b.png", "-o", "-", "--sheet", "-"], "can hold only the picture"),
        (["-", "--style", "b.png", "-o", "out.png"], "Standard input"),
        (["a.png", "--style", "b.png", "-o", "x.png", "--sheet", "./x.png"], "have one name"),
    ],
)
def test_what_a_stream_cannot_be(home: Path, words: list[str], told: str) -> None:
    done = nst(home, "stylize", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
