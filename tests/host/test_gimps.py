"""GIMPs are found in the layouts that are recorded of each packaging."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nst_server.host import gimps
from nst_server.host.gimp_profiles import profiles
from nst_server.host.gimps import Gimp
from nst_server.host.home import default_home

ANSWER = '#!/bin/sh\necho "GNU Image Manipulation Program version 3.0.4"\n'
OLDER = '#!/bin/sh\necho "GNU Image Manipulation Program version 2.10.36"\n'


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a space in its name, and no program in reach."""
    folder = tmp_path / "a person"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    for name in ("GIMP3_DIRECTORY", "XDG_CONFIG_HOME", "FLATPAK_ID", "SNAP_NAME", "NST_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder


def put(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)
    return str(path)


def test_there_is_none() -> None:
    assert gimps.found() == []


def test_of_the_distribution(tmp_path: Path, person: Path) -> None:
    put(tmp_path / "programs" / "gimp", OLDER)
    path = put(tmp_path / "programs" / "gimp-3.0", ANSWER)
    (gimp,) = gimps.found()
    assert (gimp.packaged, gimp.program, gimp.version) == ("", (path,), "3.0.4")
    assert gimp.profile.folder == person / ".config" / "GIMP" / "3.0"
    assert not gimp.sandboxed


def test_a_flatpak_takes_the_systems_profiles_where_there_are_any(
    tmp_path: Path, person: Path
) -> None:
    put(tmp_path / "programs" / "flatpak", ANSWER)
    (gimp,) = gimps.found()
    assert str(gimp) == "GIMP 3.0.4 (Flatpak)"
    assert gimp.sandboxed
    own = person / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP" / "3.0"
    assert gimp.profile.folder == own
    (person / ".config" / "GIMP" / "2.10").mkdir(parents=True)
    assert gimp.profile.folder == person / ".config" / "GIMP" / "3.0"


def test_a_snap(tmp_path: Path, person: Path) -> None:
    put(tmp_path / "programs" / "snap", ANSWER)
    (gimp,) = gimps.found()
    assert gimp.program == ("snap", "run", "gimp")
    assert gimp.python[:5] == ("snap", "run", "--shell", "gimp", "-c")
    assert gimp.profile.folder == person / "snap" / "gimp" / "current" / ".config" / "GIMP" / "3.0"


def test_a_flatpak_without_gimp_is_none(tmp_path: Path) -> None:
    put(tmp_path / "programs" / "flatpak", "#!/bin/sh\nexit 1\n")
    assert gimps.found() == []


def test_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("ProgramFiles", str(tmp_path / "Program Files"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "Roaming"))
    folder = tmp_path / "Local" / "Programs" / "GIMP 3" / "bin"
    program = put(folder / "gimp-console-3.exe", ANSWER)
    (tmp_path / "Roaming" / "GIMP" / "3.0").mkdir(parents=True)
    (gimp,) = gimps.found()
    assert gimp == Gimp("Windows", (program,), (str(folder / "python.exe"),), "3.0.4")
    assert [gimp.profile] == profiles()
    assert default_home() == tmp_path / "Local" / "neural-style"


def test_on_macos(person: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    folder = person / "Applications" / "GIMP.app" / "Contents" / "MacOS"
    program = put(folder / "gimp-console", ANSWER)
    python = put(folder / "python3.10", ANSWER)
    support = person / "Library" / "Application Support"
    (support / "GIMP" / "3.0").mkdir(parents=True)
    (gimp,) = gimps.found()
    assert gimp == Gimp("macOS", (program,), (python,), "3.0.4")
    assert [gimp.profile] == profiles()
    assert default_home() == support / "neural-style"


@pytest.mark.parametrize(
    ("variables", "packaging"),
    [
        ({}, ""),
        ({"FLATPAK_ID": "org.gimp.GIMP"}, "Flatpak"),
        ({"FLATPAK_ID": "com.example.Editor"}, ""),
        ({"SNAP_NAME": "gimp"}, "Snap"),
        ({"SNAP_NAME": "code"}, ""),
    ],
)
def test_which_sandbox_this_is(
    variables: dict[str, str], packaging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert gimps.packaging_here() == packaging


def test_the_home_in_a_snap_has_no_dot(person: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = gimps.sandbox_home("Snap")
    monkeypatch.setenv("SNAP_NAME", "gimp")
    monkeypatch.setenv("SNAP_USER_COMMON", str(person / "snap" / "gimp" / "common"))
    assert default_home() == outside
    assert not any(part.startswith(".") for part in outside.relative_to(person).parts)


def test_the_home_in_a_flatpak_is_where_its_data_are(
    person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = gimps.sandbox_home("Flatpak")
    monkeypatch.setenv("XDG_DATA_HOME", str(person / ".var" / "app" / "org.gimp.GIMP" / "data"))
    assert default_home() == outside
