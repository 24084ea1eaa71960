"""What a newcomer has after ``python3 install/install.py`` on Debian 13 with GIMP 3."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from tests.gimp.conftest import InstalledGimp

pytestmark = [pytest.mark.gimp, pytest.mark.slow]


def test_ends_with_a_painting(installed_gimp: InstalledGimp) -> None:
    assert installed_gimp.install_code == 0, installed_gimp.install_output
    samples = installed_gimp.outside(installed_gimp.home / "samples")
    photograph = (samples / "astronaut.png").read_bytes()
    painting = (samples / "astronaut-painted.png").read_bytes()
    assert photograph[:8] == painting[:8] == b"\x89PNG\r\n\x1a\n"
    assert photograph[16:24] == painting[16:24]  # the same width and height
    assert hashlib.sha256(photograph).digest() != hashlib.sha256(painting).digest()
    assert str(installed_gimp.home / "samples" / "astronaut-painted.png") in (
        installed_gimp.install_output
    )
    assert "Filters → Neural Style…" in installed_gimp.install_output


def test_plug_in_is_where_gimp_looks(installed_gimp: InstalledGimp) -> None:
    folder = installed_gimp.outside(installed_gimp.profile / "plug-ins" / "neural-style")
    assert os.access(folder / "neural-style.py", os.X_OK)
    assert (folder / "site" / "nst_home").read_text().strip() == str(installed_gimp.home)
    packages = {path.name for path in (folder / "site").iterdir()}
    assert {"nst_server", "zmq"} <= packages
    assert not packages & {"numpy", "tensorflow"}
    assert not (folder / "site" / "nst_server" / "engine").exists()


def test_gimp_wrote_its_own_profile(installed_gimp: InstalledGimp) -> None:
    profile = installed_gimp.outside(installed_gimp.profile)
    assert (profile / "brushes").is_dir()  # the first start was GIMP's, not ours


def test_second_run_takes_seconds_and_changes_nothing(installed_gimp: InstalledGimp) -> None:
    manifest = installed_gimp.outside(installed_gimp.home / "installed.json")
    before = json.loads(manifest.read_text())
    install = str(installed_gimp.repository / "install" / "install.py")
    again = installed_gimp.run(["python3", install], timeout=60)
    assert again.returncode == 0, again.stdout
    assert json.loads(manifest.read_text()) == before
    todo = [line for line in again.stdout.splitlines() if line.strip().startswith("…")]
    assert all("VGG19" in line for line in todo), again.stdout


def test_doctor_finds_nothing_wrong(installed_gimp: InstalledGimp) -> None:
    nst = str(installed_gimp.home / "bin" / "nst")
    done = installed_gimp.run([nst, "doctor"], timeout=120)
    assert done.returncode == 0, done.stdout
