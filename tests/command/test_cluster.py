"""``nst stylize --cluster``: on real workers of Dask, as without them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client
from PIL import Image

from tests.support.clusters import ONE_THREAD, Scheduler
from tests.support.running import QUICK, interrupted, nst, stylize
from tests.support.servers import SOURCES

README = Path(__file__).resolve().parents[2] / "README.md"

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduler]:
    """A scheduler with one worker."""
    scheduler = Scheduler(tmp_path_factory.mktemp("dask"))
    scheduler.add_worker()
    yield scheduler
    scheduler.close()


def pixels(path: Path) -> bytes:
    with Image.open(path) as image:
        return bytes(image.tobytes())


def test_a_picture_and_a_folder_are_painted_as_locally(
    home: Path,
    files: Path,
    tmp_path: Path,
    scheduler: Scheduler,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")
    result = files / "out.png"
    exact = ("--precision", "float32")
    local = stylize(home, files, "--local", *exact)
    assert (local.returncode, local.stderr) == (0, "")
    expected = pixels(result)
    done = stylize(home, files, "--cluster", scheduler.address, *exact)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert pixels(result) == expected

    photos, into = tmp_path / "photos", tmp_path / "painted"
    photos.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        shutil.copy(files / "content.png", photos / name)
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a picture")
    words = (photos, "-o", into, "--style", files / "style.png", *QUICK, *exact, "--json")
    done = nst(home, "stylize", *words, "--cluster", scheduler.address)
    assert done.returncode == 2
    assert done.stderr.startswith(f"nst: {photos / 'broken.jpg'} is damaged: ")
    assert sorted(path.name for path in into.iterdir()) == ["a.png", "b.png", "c.png"]
    assert {pixels(path) for path in into.iterdir()} == {expected}
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(Path(line["content"]).name for line in lines) == [
        "a.png", "b.png", "broken.jpg", "c.png",
    ]  # fmt: skip


def test_an_interruption_leaves_what_is_painted_and_nothing_half(
    home: Path, files: Path, tmp_path: Path, scheduler: Scheduler
) -> None:
    photos, into = tmp_path / "photos", tmp_path / "painted"
    photos.mkdir()
    for number in range(200):
        shutil.copy(files / "content.png", photos / f"{number:03}.png")
    words = (photos, "-o", into, "--style", files / "style.png", *QUICK, "--json")
    told, code, said = interrupted(home, "stylize", *words, "--cluster", scheduler.address)
    assert (code, said) == (130, "nst: Interrupted.\n")
    assert sorted(into.iterdir()) == sorted(Path(line["output"]) for line in told)
    assert len(told) < 200
    # The worker is free for the next one at once.
    done = stylize(home, files, "--cluster", scheduler.address)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_scheduler_is_a_sentence(home: Path, files: Path) -> None:
    done = stylize(home, files, "--cluster", "tcp://127.0.0.1:1")
    assert done.returncode == 3
    sentence = "nst: There is no Dask scheduler at tcp://127.0.0.1:1. "
    assert done.stderr == f"{sentence}Start one there with: dask scheduler.\n"
    assert not (files / "out.png").exists()


def test_the_command_in_the_readme_starts_two_workers(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (command,) = re.findall(
        r"^dask scheduler .*$", README.read_text(encoding="utf-8"), re.MULTILINE
    )
    command = command.replace("scheduler ", f"scheduler --port {port} ").replace("8786", str(port))
    shell = subprocess.Popen(
        ["sh", "-c", command],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "PYTHONPATH": str(SOURCES),
        },
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with Client(f"tcp://127.0.0.1:{port}", timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            assert list(client.nthreads().values()) == [1, 1]
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
