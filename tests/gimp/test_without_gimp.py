"""The parts of the plug-in that know nothing of GIMP, and the geometry it cuts with."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nst_server.values.geometry import CONTEXT_PIXELS, Box, fit_within
from nst_server.values.progress import Estimate
from nst_server.wire.events import Painting, Queued, Started
from tests.support import reports

PLUG_IN = Path(__file__).resolve().parents[2] / "gimp_plugin" / "neural-style"
sys.path.insert(0, str(PLUG_IN))

from neural_style_gimp import installation  # noqa: E402
from neural_style_gimp.progress import wording  # noqa: E402


def test_boxes_meet_where_both_are() -> None:
    box = Box(10, 20, 30, 40)
    assert box.intersect(Box(0, 0, 15, 100)) == Box(10, 20, 5, 40)
    assert box.intersect(Box(-5, -5, 10, 10)).is_empty
    assert not box.is_empty
    assert (box.right, box.bottom, box.longest) == (40, 60, 40)


def test_a_padded_box_grows_on_every_side() -> None:
    assert Box(10, 10, 20, 20).pad(5) == Box(5, 5, 30, 30)


def test_the_context_is_inside_the_layer_and_around_the_selection() -> None:
    bounds = Box(0, 0, 4000, 3000)
    small, large = Box(2000, 1500, 100, 50), Box(1000, 1000, 1000, 500)
    assert small.with_context(bounds) == small.pad(CONTEXT_PIXELS)
    assert large.with_context(bounds) == large.pad(250)
    assert Box(0, 0, 100, 50).with_context(bounds) == Box(0, 0, 196, 146)
    assert bounds.with_context(bounds) == bounds


def test_relative_boxes_count_from_the_outer_corner() -> None:
    assert Box(10, 20, 3, 4).relative_to(Box(8, 15, 50, 50)) == Box(2, 5, 3, 4)
    assert Box(2, 5, 3, 4).moved(8, 15) == Box(10, 20, 3, 4)


def test_strips_cover_a_box_once_from_the_top() -> None:
    strips = list(Box(5, 7, 10, 600).strips(256))
    assert [strip.height for strip in strips] == [256, 256, 88]
    assert strips[0].y == 7
    assert all(above.bottom == below.y for above, below in itertools.pairwise(strips))
    assert strips[-1].bottom == 607


@pytest.mark.parametrize(
    ("size", "bounds", "fitted"),
    [
        ((4000, 3000), (2048, 2048), (2048, 1536)),
        ((300, 400), (256, 192), (144, 192)),
        ((40, 30), (256, 192), (40, 30)),
        ((10000, 1), (100, 100), (100, 1)),
    ],
)
def test_fitting_keeps_the_shape(
    size: tuple[int, int], bounds: tuple[int, int], fitted: tuple[int, int]
) -> None:
    assert fit_within(*size, bounds) == fitted


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (65, "1 min 05 s"), (7380, "2 h 03 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert wording.duration(seconds) == words


def test_each_event_is_a_line() -> None:
    now = reports.progress()
    assert wording.doing(Queued(0)) == "Loading TensorFlow…"
    assert wording.doing(Queued(1)) == "Waiting for 1 other picture…"
    assert wording.doing(Queued(2)) == "Waiting for 2 other pictures…"
    assert wording.doing(Painting(now)) == "Scale 2 of 3, iteration 14 of 80"
    assert wording.times(22, now) == "40% done, 22 s elapsed, about 35 s left"
    assert wording.times(3, None) == "3 s elapsed"


def test_an_enlarged_painting_says_so() -> None:
    started = Started("CPU", "float32", "vgg16", 256, 192)
    assert wording.machine(started) == "On CPU with VGG16 in float32"
    elsewhere = replace(started, machine="box")
    assert wording.machine(elsewhere) == "On box (CPU) with VGG16 in float32"
    assert wording.painted_at(started, 256, 192) == "Painted at 256 × 192 pixels"
    assert wording.painted_at(started, 512, 384).endswith("pixels, then enlarged to 512 × 384")
    report = reports.report(512, 384, worked_width=256, worked_height=192)
    assert wording.layer_name("waves", report) == "Neural Style: waves, draft (painted at 256×192)"


def test_an_estimate_tells_time_and_size() -> None:
    assert wording.estimated(Estimate(400, 300, 65), 400, 300) == "About 1 min 05 s at 400 × 300"
    enlarged = wording.estimated(Estimate(400, 300, 9), 800, 600)
    assert enlarged == "About 9 s at 400 × 300, enlarged to 800 × 600"


def test_the_environment_names_the_home_before_the_installer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NST_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert installation.home(tmp_path).root == tmp_path / "data" / "neural-style"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "nst_home").write_text("/home/ö ne/nst\n", encoding="utf-8")
    assert installation.home(tmp_path).root == Path("/home/ö ne/nst")
    monkeypatch.setenv("NST_HOME", str(tmp_path / "other"))
    assert installation.home(tmp_path).root == tmp_path / "other"


def test_server_code_comes_from_site_or_from_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug_in = tmp_path / "gimp_plugin" / "neural-style"
    plug_in.mkdir(parents=True)
    (tmp_path / "nst_server").mkdir()
    monkeypatch.setattr(sys, "path", ["last"])
    installation.add_server_code(plug_in)
    assert sys.path == [str(tmp_path), "last"]
    (plug_in / "site").mkdir()
    installation.add_server_code(plug_in)
    assert sys.path[0] == str(plug_in / "site")


def test_an_unexpected_failure_is_logged_with_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_HOME", str(tmp_path / "home"))
    try:
        raise RuntimeError("out of paint")
    except RuntimeError:
        where = installation.log_failure(tmp_path)
    assert "RuntimeError: out of paint" in Path(where).read_text(encoding="utf-8")
