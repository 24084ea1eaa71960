"""A painting whose file cannot be written in the end is not lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_server.command import stylize
from nst_server.command.main import main
from nst_server.pictures.reading import reader
from nst_server.studio.backend import Events
from nst_server.wire.events import Finished
from nst_server.wire.order import Order
from nst_server.wire.spool import Spool
from tests.support.reports import report

PAINTED = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
REPORT = report(30, 20)

Stylize = Callable[[], int]


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """Where the result should go."""
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that is not there yet, and a folder for what is temporary."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("NST_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def stylize_without_stick(
    tmp_path: Path, stick: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Stylize:
    """The command; while it paints, somebody pulls the stick out."""

    class Server:
        def run(self, order: Order) -> Events:
            shutil.rmtree(stick)
            painted = Spool.holding(PAINTED.tobytes(), tmp_path)
            yield Finished(order.content.shape, painted, REPORT)

        def close(self) -> None:
            pass

    monkeypatch.setattr(stylize, "chosen_backend", lambda *_: Server())
    for name in ("content", "style"):
        Image.new("RGB", (30, 20), "red").save(tmp_path / f"{name}.png")
    names = [str(tmp_path / "content.png"), "--style", str(tmp_path / "style.png")]
    return lambda: main(["stylize", *names, "-o", str(stick / "out.jpg")])


@pytest.mark.parametrize("place", ["home", "temporary"])
def test_it_is_kept_where_it_can_be_written(
    tmp_path: Path,
    stick: Path,
    home: Path,
    stylize_without_stick: Stylize,
    capsys: pytest.CaptureFixture[str],
    place: str,
) -> None:
    if place == "home":
        home.mkdir()
    assert stylize_without_stick() == 2
    kept = next((tmp_path / place).glob("painted-*.png"))
    assert capsys.readouterr().err == (
        f"nst: {stick / 'out.jpg'} could not be written: No such file or directory. "
        f"The painting is kept in {kept}.\n"
    )
    np.testing.assert_array_equal(np.asarray(Image.open(kept)), PAINTED)
    assert reader.recipe(kept)
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_where_nothing_can_be_written_that_is_all_there_is_to_say(
    tmp_path: Path,
    stick: Path,
    stylize_without_stick: Stylize,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("tempfile._candidate_tempdir_list", lambda: [str(tmp_path / "nowhere")])
    assert stylize_without_stick() == 2
    assert capsys.readouterr().err == (
        f"nst: {stick / 'out.jpg'} could not be written: No such file or directory. "
        "Choose another place with -o.\n"
    )
