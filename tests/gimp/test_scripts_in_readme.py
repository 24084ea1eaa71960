"""The scripts of the README, word for word, in real GIMP."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.gimp, pytest.mark.engine]

README = Path(__file__).resolve().parents[2] / "README.md"
FOLDER = "/root/scripts of the readme"


def block(language: str) -> str:
    """The only script of the README in a language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", README.read_text("utf-8"), re.M | re.S)
    assert len(found) == 1
    return str(found[0])


@pytest.fixture
def folder(installed_gimp: Any) -> Path:
    """A folder with what the scripts take for granted."""
    outside: Path = installed_gimp.outside(FOLDER)
    shutil.rmtree(outside, ignore_errors=True)
    (outside / "photos").mkdir(parents=True)
    (outside / "painted").mkdir()
    samples = installed_gimp.outside(installed_gimp.home)
    shutil.copyfile(samples / "styles" / "swirls.jpg", outside / "style.jpg")
    for name in ("photo.jpg", "photos/one.jpg", "photos/two.jpg"):
        shutil.copyfile(samples / "styles" / "glass.jpg", outside / name)
    return outside


def run(installed_gimp: Any, words: list[str]) -> str:
    """Run a command in the folder, as a person would; what it printed."""
    done = installed_gimp.run(
        ["sh", "-c", 'cd "$0" && "$@"', FOLDER, *words],
        env={"GIMP3_DIRECTORY": str(installed_gimp.profile)},
        timeout=600,  # only lest it hang: two paintings on a slow machine take minutes
    )
    assert done.returncode == 0, done.stdout
    return str(done.stdout)


def test_script_fu(installed_gimp: Any, folder: Path) -> None:
    words = ["gimp-console", "-idf", "--batch-interpreter", "plug-in-script-fu-eval"]
    run(installed_gimp, [*words, "-b", block("scheme"), "--quit"])
    assert (folder / "painted.png").stat().st_size > 10_000
    painted = (folder / "painted.png").read_bytes()
    assert painted.startswith(b"\x89PNG")


def test_python_over_a_folder(installed_gimp: Any, folder: Path) -> None:
    (folder / "paint_folder.py").write_text(block("python"), encoding="utf-8")
    run(installed_gimp, ["sh", "-c", block("sh")])
    pictures = sorted((folder / "painted").iterdir())
    assert [path.name for path in pictures] == ["one.png", "two.png"]
    assert all(path.stat().st_size > 10_000 for path in pictures)


def test_a_failure_in_a_batch_is_told_and_ends_it(installed_gimp: Any, folder: Path) -> None:
    (folder / "style.jpg").unlink()
    (folder / "paint_folder.py").write_text(block("python"), encoding="utf-8")
    with pytest.raises(AssertionError, match="photos/one"):
        run(installed_gimp, ["sh", "-c", block("sh")])
    assert not list((folder / "painted").iterdir())
