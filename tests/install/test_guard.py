"""The installer's lock: one installation into a folder at a time."""

from __future__ import annotations

import fcntl
import tempfile
from pathlib import Path

import pytest
from steps import guard
from steps.manifest import Manifest
from steps.report import SetupError


def test_there_is_one_lock_however_the_folder_is_spelt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, link = tmp_path / "data" / "home", tmp_path / "link"
    link.symlink_to(root)
    with guard.exclusive(root):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        for spelt in (root, link, root / ".." / "home"):
            with pytest.raises(SetupError, match="Another"), guard.exclusive(spelt):
                pass
    with guard.exclusive(link):
        pass


def test_the_lock_is_the_users_and_stays_while_there_is_an_installation(tmp_path: Path) -> None:
    root = tmp_path / "data" / "home"
    lock = tmp_path / "data" / ".home.lock"
    with guard.exclusive(root):
        assert lock.stat().st_mode & 0o777 == 0o600
    assert list(lock.parent.iterdir()) == []
    with guard.exclusive(root):
        Manifest(root).write()
    assert lock.exists()
    with guard.exclusive(root), pytest.raises(SetupError), guard.exclusive(root):
        pass
    with guard.exclusive(root):
        (root / "installed.json").unlink()
    assert list(lock.parent.iterdir()) == [root]


def test_a_lock_that_an_uninstallation_took_away_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "home"
    lock = guard.lock_file(root)
    for again in (False, True):  # another installation may have made it anew

        def removed(file: object, how: int, again: bool = again) -> None:
            lock.rename(tmp_path / "opened before")
            if again:
                lock.touch()

        monkeypatch.setattr(fcntl, "flock", removed)
        with pytest.raises(SetupError, match="Another"), guard.exclusive(root):
            pass
        assert lock.exists() == again
