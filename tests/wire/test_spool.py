"""Pixels in files: what is written is read, what is shared has no name left."""

from __future__ import annotations

import os
import stat
import sys
from io import FileIO
from pathlib import Path

import pytest

from nst_server.values.errors import NeuralStyleError
from nst_server.wire.spool import Spool, offer, take


def test_what_is_written_is_read_and_the_rest_is_0() -> None:
    spool = Spool.new(10)
    spool.write(3, b"abc")
    spool.write(8, memoryview(b"xy"))
    assert spool.read() == b"\0\0\0abc\0\0xy"
    assert spool.read(4, 2) == b"bc"
    part = spool.part(3, 3)
    assert (part.read(), part.length) == (b"abc", 3)
    part.write(1, b"B")
    assert spool.read(2, 4) == b"\0aBc"


@pytest.mark.parametrize("place", ["linux", "elsewhere", "old kernel", "other files"])
def test_all_of_one_is_copied_into_another(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    calls = []
    whole = getattr(os, "copy_file_range", None)

    def some(source: int, target: int, count: int, *places: int) -> int:
        calls.append(count)
        if place == "old kernel" or (place == "other files" and len(calls) > 1):
            raise OSError("not here")
        assert whole is not None
        return int(whole(source, target, min(count, 4), *places))

    monkeypatch.setattr(os, "copy_file_range", some, raising=False)
    if place == "elsewhere":
        monkeypatch.setattr(sys, "platform", "elsewhere")
    source, target = Spool.holding(b"0123456789"), Spool.new(12)
    target.part(1, 11).copy(2, source.part(1, 8))
    assert target.read() == bytes(3) + b"12345678" + bytes(1)
    assert len(calls) == {"linux": 2, "elsewhere": 0, "old kernel": 1, "other files": 2}[place]
    with pytest.raises(ValueError, match="beyond"):
        target.copy(3, source)
    with pytest.raises(NeuralStyleError, match="missing"):
        target.copy(0, source.part(5, 7))


@pytest.mark.parametrize("start", [-1, 8])
def test_nothing_is_written_beyond_its_ends(start: int) -> None:
    with pytest.raises(ValueError, match="beyond"):
        Spool.new(10).write(start, b"abc")


def test_a_spool_has_no_name_and_holds_a_copy(tmp_path: Path) -> None:
    data = bytearray(b"abc")
    spool = Spool.holding(data, tmp_path)
    data[0] = 0
    assert spool.read() == b"abc"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_not_needed(tmp_path: Path) -> None:
    assert Spool.holding(b"abc", tmp_path / "missing").read() == b"abc"


def test_two_share_a_file_whose_name_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "exchange"
    name, ours = offer(folder, 6)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    theirs = take(folder, name, 6)
    assert theirs is not None
    assert list(folder.iterdir()) == []
    theirs.write(0, b"abcdef")
    assert ours.read() == b"abcdef"
    ours.write(0, b"ABC")
    assert theirs.read() == b"ABCdef"
    assert take(folder, name, 6) is None


def test_what_was_offered_in_vain_is_gone_with_the_next(tmp_path: Path) -> None:
    first, _ = offer(tmp_path, 3)
    second, _ = offer(tmp_path, 3)
    assert [path.name for path in tmp_path.iterdir()] == [second]
    assert take(tmp_path, first, 3) is None


@pytest.mark.parametrize(
    "name", [None, 3, "", "../" + "a" * 29, "a" * 31 + "/", "é" * 33, "a" * 32]
)
def test_only_names_of_what_was_offered_are_opened(tmp_path: Path, name: object) -> None:
    folder = tmp_path / "exchange"
    folder.mkdir()
    (tmp_path / ("a" * 29)).touch()
    assert take(folder, name, 0) is None


def test_a_link_is_not_followed_and_another_length_not_taken(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"abc")
    folder = tmp_path / "exchange"
    folder.mkdir()
    (folder / ("a" * 32)).symlink_to(secret)
    assert take(folder, "a" * 32, 3) is None
    assert secret.read_bytes() == b"abc"
    name, _ = offer(folder, 3)
    assert take(folder, name, 4) is None


def test_pixels_that_were_cut_off_are_told(tmp_path: Path) -> None:
    name, ours = offer(tmp_path, 6)
    os.truncate(tmp_path / name, 4)
    assert ours.read(0, 4) == bytes(4)
    with pytest.raises(NeuralStyleError) as caught:
        ours.read()
    assert caught.value.code == "bad-message"


def test_a_full_disk_is_told_in_words() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    full = Spool(FileIO("/dev/full", "r+"), 10)
    with pytest.raises(NeuralStyleError) as caught:
        full.write(0, b"abc")
    assert caught.value.code == "unwritable"
    assert "No space left" in caught.value.sentence
    blocked = Path("/dev/full") / "folder"
    with pytest.raises(NeuralStyleError, match="could not be put into a file"):
        offer(blocked, 3)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
def test_a_limit_of_files_is_told_in_words() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(NeuralStyleError) as caught:
            Spool.new(5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "ulimit -f" in caught.value.hint


def test_only_offers_are_removed(tmp_path: Path) -> None:
    left, _ = offer(tmp_path, 4)
    theirs = ["a photograph.png", "0" * 31, "g" * 32, "0" * 32 + ".txt"]
    for name in theirs:
        (tmp_path / name).write_bytes(b"precious")
    offered, _ = offer(tmp_path, 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*theirs, offered])
    assert left != offered


def test_a_link_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    (tmp_path / "photographs" / ("0" * 32)).write_bytes(b"precious")
    (tmp_path / "exchange").symlink_to(tmp_path / "photographs")
    with pytest.raises(NeuralStyleError, match="is a link"):
        offer(tmp_path / "exchange", 4)
    assert (tmp_path / "photographs" / ("0" * 32)).exists()
