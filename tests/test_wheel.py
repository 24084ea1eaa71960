"""The wheel: small, typed, and without the benchmarks' pages."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
MOST_BYTES = 420_000
"""Room for the code; a single page of the benchmarks with its figure would not fit."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as the installer has it built: from the working tree, without any index."""
    folder = tmp_path_factory.mktemp("wheel")
    offline = ["--no-deps", "--no-index", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", folder, REPOSITORY]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < MOST_BYTES


def test_it_has_every_module_and_no_page(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "nst_server").rglob("*.py")
    }
    assert modules <= names
    assert {"nst_server/py.typed", "nst_server/bench/classic_curve.json"} <= names
    assert not [name for name in names if name.endswith((".md", ".png", ".jpg"))]


def test_it_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        name = next(name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        told = opened.read(name).decode()
    assert "# Neural Style for GIMP" in told, "the README"
    for needed in ("h5py", "keras", "tensorflow", "pyzmq"):
        assert f"Requires-Dist: {needed}" in told
    assert "Classifier: Typing :: Typed" in told
