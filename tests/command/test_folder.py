"""Many pictures into a folder: which, under what names, and what one of them cannot spoil."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_server.pictures.reading import reader
from tests.support.running import NST, QUICK, interrupted, nst

pytestmark = pytest.mark.engine


@pytest.fixture
def photos(files: Path, tmp_path: Path) -> Path:
    """Two photographs, one that is damaged, and what is no picture at all."""
    folder = tmp_path / "photos"
    folder.mkdir()
    with Image.open(files / "content.png") as image:
        image.save(folder / "b.JPG", "JPEG")
        image.save(folder / "a.png")
        image.save(folder / "c.hdr.PCX", "PCX")  # read, not written
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a picture")
    for name in ("notes.txt", ".hidden.jpg", "README", "film.mp4"):
        (folder / name).write_text("no picture")
    (folder / "folder.png").mkdir()
    return folder


def paint(home: Path, files: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return nst(home, "stylize", *words, "--style", files / "style.png", *QUICK)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_keeps_names_and_goes_on_past_what_is_broken(
    home: Path, files: Path, photos: Path, tmp_path: Path
) -> None:
    into = tmp_path / "painted"
    done = paint(home, files, photos, "-o", f"{into}/", "--json")
    assert done.returncode == 2
    assert names(into) == ["a.png", "b.JPG", "c.hdr.png"]
    assert done.stderr.startswith(f"nst: {photos / 'broken.jpg'} is damaged: ")
    assert len(done.stderr.splitlines()) == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["content"]).name for line in lines] == [
        "a.png", "b.JPG", "broken.jpg", "c.hdr.PCX",
    ]  # fmt: skip
    assert lines[0]["output"] == str(into / "a.png")
    assert lines[0]["preset"] == "draft"
    assert lines[2]["error"] == "bad-image"
    for name in names(into):
        assert reader.recipe(into / name)

    written = {name: (into / name).stat().st_mtime_ns for name in names(into)}
    (into / "a.png").unlink()
    (photos / "broken.jpg").unlink()
    done = paint(home, files, photos, "-o", into, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    skipped = [json.loads(line).get("skipped", False) for line in done.stdout.splitlines()]
    assert skipped == [True, True, False]
    assert (into / "b.JPG").stat().st_mtime_ns == written["b.JPG"]
    done = paint(home, files, photos / "b.JPG", "-o", into, "--overwrite")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (into / "b.JPG").stat().st_mtime_ns > written["b.JPG"]


def test_files_are_painted_as_alone(home: Path, files: Path, tmp_path: Path) -> None:
    into, alone = tmp_path / "painted", tmp_path / "alone.png"
    content, style = files / "content.png", files / "style.png"
    assert paint(home, files, content, "-o", alone).returncode == 0
    done = paint(home, files, content, style, files / "missing.png", "-o", into)
    assert done.returncode == 2
    assert done.stderr == f"nst: There is no file {files / 'missing.png'}.\n"
    assert names(into) == ["content.png", "style.png"]
    assert (into / "content.png").read_bytes() == alone.read_bytes()


def test_a_style_from_a_pipe_is_for_all(home: Path, files: Path, tmp_path: Path) -> None:
    into, alone = tmp_path / "painted", tmp_path / "alone.png"
    contents = [files / "content.png", files / "style.png"]
    words = [*NST, "stylize", *contents, "-o", into, "--style", "-", *QUICK]
    done = subprocess.run(
        [str(word) for word in words],
        env={**os.environ, "NST_HOME": str(home)},
        input=(files / "style.png").read_bytes(),
        capture_output=True,
        timeout=180,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert names(into) == ["content.png", "style.png"]
    assert paint(home, files, contents[0], "-o", alone).returncode == 0
    with Image.open(into / "content.png") as one, Image.open(alone) as other:
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_in_a_folder_that_is_not_there_each_is_named(
    home: Path, files: Path, tmp_path: Path
) -> None:
    (tmp_path / "into").mkdir()
    done = paint(home, files, "nowhere/a.png", "nowhere/b.png", "-o", tmp_path / "into")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"nst: There is no file nowhere/{name}.png." for name in ("a", "b")
    ]


def test_an_animation_in_a_folder_says_what_of_it_is_painted(
    home: Path, files: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    with Image.open(files / "content.png") as image:
        frames = [image.convert("RGB"), image.convert("RGB").rotate(180)]
    frames[0].save(photos / "moving.gif", save_all=True, append_images=frames[1:])
    done = paint(home, files, photos, "-o", tmp_path / "painted")
    assert done.returncode == 0
    said = "Only the first of 2 frames is painted; alone, all are."
    assert f"{photos / 'moving.gif'}: {said}" in done.stderr.splitlines()
    assert names(tmp_path / "painted") == ["moving.gif"]


def test_a_full_disk_ends_it_and_loses_nothing(
    home: Path, files: Path, photos: Path, tmp_path: Path
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    into = tmp_path / "painted"
    into.mkdir()
    (into / "b.JPG").symlink_to("/dev/full")
    done = paint(home, files, photos, "-o", into, "--overwrite")
    assert done.returncode == 2
    sentence = f"nst: {into / 'b.JPG'} could not be written: No space left on device. "
    assert done.stderr.startswith(f"{sentence}The painting is kept in ")
    assert names(into) == ["a.png", "b.JPG"]
    kept = Path(done.stderr.strip().rpartition(" kept in ")[2].removesuffix("."))
    assert reader.recipe(kept)
    kept.unlink()


def test_an_interruption_leaves_what_is_painted_and_nothing_half(
    home: Path, files: Path, tmp_path: Path
) -> None:
    photos, into = tmp_path / "photos", tmp_path / "painted"
    photos.mkdir()
    for number in range(60):
        shutil.copy(files / "content.png", photos / f"{number:02}.png")
    words = [photos, "-o", into, "--style", files / "style.png", "--json", *QUICK]
    told, code, errors = interrupted(home, "stylize", *words)
    assert (code, errors) == (130, "nst: Interrupted.\n")
    assert told[0]["output"] == str(into / "00.png")
    assert 1 <= len(names(into)) <= len(told) + 1 < 60
    for name in names(into):
        assert reader.recipe(into / name)


def test_of_many_that_are_painted_only_the_others_are_read(
    home: Path, files: Path, photos: Path, tmp_path: Path
) -> None:
    """The painted ones here are empty files, which could not be read."""
    into = tmp_path / "painted"
    into.mkdir()
    (photos / "broken.jpg").unlink()
    for number in range(5000):
        (photos / f"{number}.png").touch()
        (into / f"{number}.png").touch()
    done = paint(home, files, photos, "-o", into)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(names(into)) == 5003


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{photos}/a.png", "{files}/content.png", "-o", "{tmp}/out.png"], "is the name of a file"),
        (["{photos}", "-o", "{tmp}/no/where"], "could not be made: No such file or directory."),
        (["{photos}", "-o", "{photos}/notes.txt"], "could not be made: File exists."),
        (["{photos}", "-o", "{tmp}/" + 300 * "x"], "could not be made: File name too long."),
        ([300 * "x", "-o", "{tmp}/out.png"], "could not be read: File name too long."),
        (["{photos}", "-o", "{photos}"], "would lie among the pictures in"),
        (["{photos}/a.png", "{tmp}/a.png", "-o", "{tmp}/into"], "would both be painted as"),
        (["{photos}/folder.png", "-o", "{tmp}/into"], "There are no pictures in"),
        (["{photos}", "-", "-o", "{tmp}/into"], "from standard input has no name"),
        (["{photos}", "-o", "-"], "can hold only one picture"),
        (["{photos}", "-o", "{tmp}/into", "--sheet", "s.png"], "--sheet is not for many"),
        (["{photos}", "-o", "{tmp}/into", "--resume", "r.png"], "--resume is not for many"),
        (["{photos}", "-o", "{tmp}/into", "--frames", "1"], "--frames is not for many"),
        (["{photos}", "-o", "{tmp}/into", "--texture", "9x9"], "--texture is not for many"),
        (["-", "-", "-o", "{tmp}/into"], "Standard input can be read only once."),
        (["{photos}", "-o", "{tmp}/into", "--style", "-", "--mask", "-"], "only once"),
        (["{photos}", "-o", "{tmp}/into", "--style", "missing.png"], "There is no file missing."),
    ],
)
def test_what_cannot_be_gets_a_sentence(
    home: Path, files: Path, photos: Path, tmp_path: Path, words: list[str], told: str
) -> None:
    places = {"photos": photos, "files": files, "tmp": tmp_path}
    done = paint(home, files, *(word.format(**places) for word in words))
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "into").exists()
