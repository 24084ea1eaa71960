"""The doctor names what is missing, and makes nothing by looking."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nst_server import __version__
from nst_server.command import doctor, gimp_checks
from nst_server.command.check import Check
from nst_server.host.gimp_profiles import Profile, profiles
from nst_server.host.home import Home
from nst_server.host.nvidia import VISIBLE, Gpu
from nst_server.host.trust import make_private

REPOSITORY = Path(__file__).resolve().parents[2]


def examined(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nst_server", "doctor", *words],
        cwd=REPOSITORY,
        env={**os.environ, "NST_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_an_empty_home(tmp_path: Path) -> None:
    told = examined(tmp_path / "nothing")
    assert told.returncode == 3, told.stderr
    assert "✗ folder" in told.stdout
    assert "install/install.py" in told.stdout
    assert "Traceback" not in told.stdout + told.stderr
    assert not (tmp_path / "nothing").exists()


def test_as_json(tmp_path: Path) -> None:
    told = examined(tmp_path / "nothing", "--json")
    answer = json.loads(told.stdout)
    assert answer["ok"] is False
    failed = {check["name"] for check in answer["checks"] if not check["ok"]}
    assert {"folder", "environment"} <= failed
    assert all(check["remedy"] for check in answer["checks"] if not check["ok"])


def test_every_gpu_is_looked_for_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a TensorFlow that sees only the first of two."""
    script = (
        "import json, os; print(json.dumps(['NVIDIA A'] if os.environ[VISIBLE] == '0' else []))"
    )
    monkeypatch.setattr(doctor, "_DEVICES", script.replace("VISIBLE", repr(VISIBLE)))
    monkeypatch.setattr(doctor, "nvidia_driver_answers", lambda: True)
    monkeypatch.setattr(doctor, "usable_gpus", lambda _: [Gpu("GPU 0", "0"), Gpu("GPU 1", "1")])
    seen, missed = doctor._device(Home(tmp_path))
    assert (seen.ok, seen.sentence) == (True, "TensorFlow sees GPU 0: NVIDIA A.")
    assert not missed.ok
    assert "TensorFlow cannot use GPU 1" in missed.sentence
    assert "--device cuda" in missed.remedy


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Profile, Home]:
    """A profile with a complete plug-in of this version."""
    monkeypatch.setenv("GIMP3_DIRECTORY", str(tmp_path / "profile"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    profile, home = Profile(tmp_path / "profile"), Home(tmp_path / "home")
    for name in ("nst_server", "zmq"):
        (profile.site / name).mkdir(parents=True)
        (profile.site / name / "__init__.py").write_text(f'__version__ = "{__version__}"\n')
    (profile.site / "nst_home").write_text(f"{home.root}\n")
    profile.program.write_text("#!/usr/bin/env python3\n")
    profile.program.chmod(0o755)
    return profile, home


def verdict(home: Home) -> Check:
    (found,) = [check for check in gimp_checks.examine(home) if check.name.startswith("plug-in")]
    return found


def test_a_complete_plug_in(installed: tuple[Profile, Home]) -> None:
    assert profiles() == [installed[0]]
    assert verdict(installed[1]).ok


def test_looks_where_the_installer_was_told(
    installed: tuple[Profile, Home], tmp_path: Path
) -> None:
    home = installed[1]
    home.root.mkdir()
    elsewhere = Profile(tmp_path / "elsewhere")
    manifest = {"plug_ins": [str(installed[0].plug_in), str(elsewhere.plug_in)]}
    (home.root / "installed.json").write_text(json.dumps(manifest))
    found = {check.name: check.ok for check in gimp_checks.examine(home) if "plug-in" in check.name}
    assert found == {
        f"plug-in in {installed[0].folder}": True,
        f"plug-in in {elsewhere.folder}": False,
    }


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda profile: profile.program.chmod(0o644), "run bit"),
        (lambda profile: profile.program.unlink(), "not there"),
        (lambda profile: (profile.site / "zmq" / "__init__.py").unlink(), "zmq"),
        (lambda profile: (profile.site / "nst_home").write_text("/elsewhere"), "/elsewhere"),
        (
            lambda profile: (profile.site / "nst_server" / "__init__.py").write_text(
                '__version__ = "0.0.1"\n'
            ),
            "0.0.1",
        ),
    ],
)
def test_what_is_wrong_with_a_plug_in(
    installed: tuple[Profile, Home], harm: object, said: str
) -> None:
    assert callable(harm)
    harm(installed[0])
    found = verdict(installed[1])
    assert not found.ok
    assert said in found.sentence
    assert found.remedy


def test_a_key_that_others_can_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    make_private(home.run)
    make_private(home.place)
    home.connection_file.write_text("{}")
    home.connection_file.chmod(0o644)
    wrong = [check for check in doctor._folder(home) if not check.ok]
    assert [check.name for check in wrong] == ["permissions"]
    assert "chmod" in wrong[0].remedy


def test_profiles_of_every_packaging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GIMP3_DIRECTORY", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    folders = {
        ".config/GIMP/3.0": "",
        ".config/GIMP/3.2": "",
        ".config/GIMP/2.10": None,
        ".var/app/org.gimp.GIMP/config/GIMP/3.0": "Flatpak",
        "snap/gimp/current/.config/GIMP/3.0": "Snap",
    }
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    wanted = {tmp_path / name: kind for name, kind in folders.items() if kind is not None}
    assert {each.folder: each.packaged for each in profiles()} == wanted
