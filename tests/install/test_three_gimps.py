"""install.py where there are three GIMPs: the distribution's, a Flatpak and a Snap.

Each is a script that sets what its packaging is recorded to set, and whose Python is ours; a real
Flatpak is in ``tests/gimp/test_flatpak.py``.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.install.conftest import Newcomer

GIMP = """#!/bin/sh
case "$1" in --version) echo "GNU Image Manipulation Program version 3.0.4"; exit;; esac
mkdir -p "$XDG_CONFIG_HOME/GIMP/3.0"
"""

FLATPAK = """#!/bin/sh
test "$1" = info && exit
shift
command=gimp-console-3.0
case "$1" in --command=*) command=${1#--command=}; shift;; esac
shift
app="$HOME/.var/app/org.gimp.GIMP"
export FLATPAK_ID=org.gimp.GIMP XDG_DATA_HOME="$app/data" XDG_CACHE_HOME="$app/cache"
export XDG_CONFIG_HOME="$app/config"
exec "$command" "$@"
"""

SNAP = """#!/bin/sh
test "$1" = list && exit
export SNAP_NAME=gimp SNAP_USER_COMMON="$HOME/snap/gimp/common"
export XDG_CONFIG_HOME="$HOME/snap/gimp/current/.config"
test "$2" = gimp && { shift 2; exec gimp-console-3.0 "$@"; }
shift 3
exec sh "$@"
"""


class Owner(Newcomer):
    """Runs install.py for whatever GIMP there is."""

    @property
    def command(self) -> list[str]:
        return [word for word in super().command if word not in {"--gimp-dir", str(self.profile)}]


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Owner:
    programs, folder = tmp_path / "programs", tmp_path / "a person"
    for name, script in (("gimp-console-3.0", GIMP), ("flatpak", FLATPAK), ("snap", SNAP)):
        (programs / name).parent.mkdir(exist_ok=True)
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / ".config"))
    monkeypatch.delenv("GIMP3_DIRECTORY", raising=False)
    return Owner(tmp_path)


def test_one_command_for_three(owner: Owner, styles: Path, tmp_path: Path) -> None:
    person = tmp_path / "a person"
    inner = {
        "flatpak": person / ".var" / "app" / "org.gimp.GIMP" / "data" / "neural-style",
        "snap": person / "snap" / "gimp" / "common" / "neural-style",
    }
    owner.keep_styles(styles)
    for home in inner.values():
        shutil.copytree(styles, home / "styles")
    done = owner.install()
    assert done.returncode == 0, done.stdout
    profiles = [person / ".config", person / "snap" / "gimp" / "current" / ".config"]
    for profile in profiles:
        site = profile / "GIMP" / "3.0" / "plug-ins" / "neural-style" / "site"
        assert (site / "nst_home").read_text().strip() == str(owner.home)
        for kind, home in inner.items():
            assert (site / f"nst_home-{kind}").read_text().strip() == str(home)
    for home in inner.values():
        assert (home / "bin" / "nst").is_file()
        assert not (home / "downloads").exists()
    logs = [home / "logs" / "install.log" for home in (owner.home, *inner.values())]
    saved = [
        name
        for log in logs
        for name in re.findall(r"^Saved .*/([^/]+\.whl)$", log.read_text(), re.MULTILINE)
        if not name.startswith("pip-")
    ]
    assert sorted(saved) == sorted(set(saved)), "each package is fetched once"

    removed = owner.install("--uninstall")
    assert removed.returncode == 0, removed.stdout
    assert not list(person.rglob("plug-ins/*"))
    assert not list(person.rglob("venv"))
    assert "is your own" in removed.stdout
