"""The command as people run it: a process, its exit code, and what it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.running import nst, stylize

pytestmark = pytest.mark.engine

REPORT = {
    "output", "width", "height", "seconds", "device", "backbone", "preset", "iterations",
    "megapixel_iterations", "losses",
}  # fmt: skip


@pytest.mark.parametrize("where", [(), ("--local",)])
def test_stylize_prints_one_object(home: Path, files: Path, where: tuple[str, ...]) -> None:
    done = stylize(home, files, "--json", "--coarsest", 0, *where)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert set(report) >= REPORT
    assert (report["width"], report["height"]) == (160, 120)
    assert (report["worked_width"], report["worked_height"]) == (96, 72)
    assert report["preset"] == "draft"
    assert report["iterations"] == 2
    assert report["megapixel_iterations"] == pytest.approx(2 * 96 * 72 / 1e6)
    assert set(report["losses"]) == {"total", "content", "style", "smoothness"}
    painted = Image.open(files / "out.png")
    assert painted.size == (160, 120)
    made = json.loads(painted.text["neural-style"])  # type: ignore[attr-defined]
    assert made["settings"]["preset"] == "draft"
    difference = np.asarray(painted, float) - np.asarray(Image.open(files / "content.png"))
    assert np.abs(difference).mean() > 2


def test_server_and_local_paint_the_same(home: Path, files: Path) -> None:
    pictures = []
    for where in ((), ("--local",)):
        assert stylize(home, files, *where).returncode == 0
        pictures.append(np.asarray(Image.open(files / "out.png")))
    served, local = pictures
    np.testing.assert_array_equal(served, local)


def test_piped_it_is_quiet(home: Path, files: Path) -> None:
    done = stylize(home, files)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_mask_and_trace(home: Path, files: Path) -> None:
    mask = np.zeros((120, 160), np.uint8)
    mask[30:90, 40:120] = 255
    Image.fromarray(mask).save(files / "mask.png")
    trace = files / "trace.jsonl"
    done = stylize(home, files, "--mask", files / "mask.png", "--trace", trace)
    assert done.returncode == 0, done.stderr
    painted = np.asarray(Image.open(files / "out.png"))
    content = np.asarray(Image.open(files / "content.png"))
    np.testing.assert_array_equal(painted[mask == 0], content[mask == 0])
    assert (painted[mask > 0] != content[mask > 0]).any()
    steps = [json.loads(line) for line in trace.read_text().splitlines()]
    assert steps[-1]["iteration"] == 2
    assert steps[-1]["done"] == 1


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (("--strength", "much"), 2, "0 to 100"),
        (("--style", "nowhere.png"), 2, "no file nowhere.png"),
        (("--style", "."), 2, "is a folder"),
        (("--init", "nowhere.png"), 2, "no file nowhere.png"),
        (("--texture", "64x64"), 2, "A texture has no content"),
        (("--from-result", "nowhere.png"), 2, "no file nowhere.png"),
        (("--sheet", "nowhere/sheet.png"), 2, "no folder nowhere"),
        (("--weight", "1", "--weight", "2"), 2, "one --weight for each"),
        (("--weight", "-1"), 2, "as a style's weight"),
        (("-o", "nowhere/out.png"), 2, "no folder nowhere"),
        (("-o", "out.xyz"), 2, "no picture format"),
        (("--backbone", "vgg19"), 3, "vgg19"),
    ],
)
def test_bad_input_gets_one_sentence(
    home: Path, files: Path, flags: tuple[str, ...], code: int, words: str
) -> None:
    done = stylize(home, files, *flags)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert not (files / "out.png").exists()


def test_a_picture_of_one_pixel_gets_a_sentence(home: Path, files: Path) -> None:
    Image.new("RGB", (1, 1)).save(files / "dot.png")
    done = nst(
        home, "stylize", files / "dot.png", "--style", files / "style.png", "-o", files / "out.png"
    )
    assert done.returncode == 2
    assert "too small" in done.stderr


def test_status_and_cancel(home: Path, files: Path) -> None:
    painting = subprocess.Popen(
        [
            *(sys.executable, "-m", "nst_server", "stylize", files / "content.png"),
            *("--style", files / "style.png", "-o", files / "long.png", "--iterations", "5000"),
        ],
        env={**os.environ, "NST_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    status: dict[str, Any] = {}
    while not any(job.get("progress") for job in status.get("jobs", [])):
        assert time.monotonic() < deadline
        assert painting.poll() is None
        time.sleep(0.2)
        status = json.loads(nst(home, "status", "--json").stdout or "{}")
    assert status["worker"]["state"] == "busy"
    assert "Job" in nst(home, "status").stdout
    assert nst(home, "cancel").returncode == 0
    _, errors = painting.communicate(timeout=30)
    assert painting.returncode == 130
    assert "ancelled" in errors
    assert not (files / "long.png").exists()
    assert stylize(home, files).returncode == 0, "the worker must be free again"


def test_interrupt_ends_at_once(home: Path, files: Path) -> None:
    painting = subprocess.Popen(
        [
            *(sys.executable, "-m", "nst_server", "stylize", files / "content.png"),
            *("--style", files / "style.png", "-o", files / "long.png", "--iterations", "5000"),
        ],
        env={**os.environ, "NST_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(3)
    painting.send_signal(signal.SIGINT)
    _, errors = painting.communicate(timeout=20)
    assert painting.returncode == 130
    assert errors == "nst: Interrupted.\n"


def test_without_a_server(tmp_path: Path) -> None:
    status = nst(tmp_path, "status", "--json")
    assert (status.returncode, json.loads(status.stdout)) == (3, {"running": False})
    assert nst(tmp_path, "status").returncode == 3
    assert nst(tmp_path, "stop").returncode == 0
    assert nst(tmp_path, "cancel").returncode == 3


def test_weights_are_shown(home: Path) -> None:
    done = nst(home, "weights")
    assert done.returncode == 0
    assert "vgg16: " in done.stdout
