"""install.py with a small lock: complete, resumed after a kill, run again, removed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.install.conftest import SMALL, Newcomer


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_install_again_and_uninstall(newcomer: Newcomer) -> None:
    first = newcomer.install()
    assert first.returncode == 0, first.stdout
    newcomer.assert_complete()
    assert "Filters → Neural Style…" in first.stdout
    before = (newcomer.home / "logs" / "install.log").read_text().count("pip install")

    again = newcomer.install()
    assert again.returncode == 0, again.stdout
    assert newcomer.log().count("pip install") == before

    (newcomer.profile / "plug-ins" / "neural-style" / "neural-style.py").chmod(0o644)
    repaired = newcomer.install()
    assert repaired.returncode == 0, repaired.stdout
    newcomer.assert_complete()

    own_style = newcomer.home / "styles" / "mine.jpg"
    own_style.write_bytes(b"mine")
    changed = newcomer.home / "styles" / "glass.jpg"
    changed.write_bytes(b"drawn over")
    neighbour = newcomer.profile / "plug-ins" / "other" / "other.py"
    neighbour.parent.mkdir()
    neighbour.write_text("another's plug-in")
    removed = newcomer.install("--uninstall")
    assert removed.returncode == 0, removed.stdout
    assert tree(newcomer.home) == ["styles", "styles/glass.jpg", "styles/mine.jpg"]
    assert tree(newcomer.profile / "plug-ins") == ["other", "other/other.py"]
    assert not list(newcomer.home.parent.glob(".*"))


def test_what_works_stays_until_another_is_complete(newcomer: Newcomer, styles: Path) -> None:
    newcomer.keep_styles(styles)
    samples = newcomer.home / "samples" / "mine.png"  # as an uninstall leaves them
    samples.parent.mkdir(parents=True)
    samples.write_bytes(b"mine")
    first = newcomer.install()
    assert first.returncode == 0, first.stdout
    lock = newcomer.repository / "install" / "requirements.lock"
    whole = lock.read_text()
    lock.write_text(f"{whole.split('--hash')[0]}--hash=sha256:{'0' * 64}\n")
    failed = newcomer.install()
    assert failed.returncode == 1
    version = subprocess.run([newcomer.home / "bin" / "nst", "--version"], capture_output=True)
    assert version.stdout.startswith(b"nst "), version.stderr
    assert not (newcomer.home / "venv-old").exists()

    lock.write_text(whole)
    shutil.rmtree(newcomer.home / "venv")
    repaired = newcomer.install()
    assert repaired.returncode == 0, repaired.stdout
    newcomer.assert_complete()


def venv_has(newcomer: Newcomer, package: str) -> bool:
    return any(newcomer.home.glob(f"venv/lib/python3*/site-packages/{package}"))


def fetched(newcomer: Newcomer) -> set[str]:
    """Complete wheels that wait to be installed."""
    return {path.name for path in (newcomer.home / "downloads").glob("*.whl")}


@pytest.mark.parametrize("moment", ["making", "fetching", "unpacking", "styles", "plug-in"])
def test_completes_after_a_kill(newcomer: Newcomer, styles: Path, moment: str) -> None:
    if moment != "styles":
        newcomer.keep_styles(styles)
    reached = {
        "making": lambda: (newcomer.home / "venv" / "bin").is_dir(),
        "fetching": lambda: len(fetched(newcomer)) >= 3,
        "unpacking": lambda: venv_has(newcomer, "numpy"),
        "styles": lambda: (
            (newcomer.home / "styles" / "brushwork.part").exists()
            or (newcomer.home / "styles" / "points.jpg").exists()
        ),
        "plug-in": lambda: (newcomer.profile / "plug-ins" / ".neural-style-new").is_dir(),
    }[moment]
    newcomer.kill_when(reached)
    there = fetched(newcomer)
    log = newcomer.home / "logs" / "install.log"
    written = len(log.read_text()) if log.exists() else 0
    resumed = newcomer.install()
    assert resumed.returncode == 0, resumed.stdout
    newcomer.assert_complete()
    later = newcomer.log()[written:]
    saved = set(re.findall(r"^Saved .*/([^/]+\.whl)$", later, re.MULTILINE))
    if moment in {"making", "fetching"}:
        assert len(saved | there) >= len(SMALL)
        assert len(saved & there) <= 1  # killed between a file and its mark
    else:
        assert not saved


def test_dry_run_changes_nothing(newcomer: Newcomer) -> None:
    told = newcomer.install("--dry-run")
    assert told.returncode == 0, told.stdout
    assert "TensorFlow" in told.stdout
    assert str(newcomer.profile) in told.stdout
    assert not newcomer.home.exists()
    assert not newcomer.profile.exists()


@pytest.mark.parametrize("words", [["--uninstall"], ["--uninstall", "--dry-run"], []])
def test_leaves_a_foreign_folder_alone(newcomer: Newcomer, words: list[str]) -> None:
    (newcomer.home / "venv").mkdir(parents=True)
    (newcomer.home / "novel.odt").write_text("years of work")
    before = tree(newcomer.home)
    refused = newcomer.install(*words)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stdout
    assert str(newcomer.home) in refused.stdout
    assert tree(newcomer.home) == before


def test_uninstall_leaves_another_homes_plug_in(newcomer: Newcomer) -> None:
    site = newcomer.profile / "plug-ins" / "neural-style" / "site"
    site.mkdir(parents=True)
    (site / "nst_home").write_text("/somewhere/else\n")
    newcomer.home.mkdir()
    manifest = {"steps": {}, "plug_ins": [str(site.parent)], "pictures": {}}
    (newcomer.home / "installed.json").write_text(json.dumps(manifest))
    removed = newcomer.install("--uninstall")
    assert removed.returncode == 0, removed.stdout
    assert (site / "nst_home").exists()
    assert not newcomer.home.exists()


def test_an_unfinished_download_is_a_sentence(newcomer: Newcomer) -> None:
    lock = newcomer.repository / "install" / "requirements.lock"
    first = lock.read_text().split("--hash")[0]
    lock.write_text(f"{first}--hash=sha256:{'0' * 64}\n")
    refused = newcomer.install()
    assert refused.returncode == 1
    assert "not what the lock expects" in refused.stdout
    assert "Traceback" not in refused.stdout
    assert not (newcomer.home / "bin").exists()


def test_two_at_once(newcomer: Newcomer) -> None:
    first = subprocess.Popen(
        newcomer.command,
        env=newcomer.environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not (newcomer.home / "installed.json").exists():
            assert first.poll() is None
        second = newcomer.install()
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    assert second.returncode == 1
    assert "Another installation" in second.stdout


def test_help_needs_nothing_of_ours(tmp_path: Path, newcomer: Newcomer) -> None:
    alone = [sys.executable, "-I", "-S", newcomer.command[1], "--help"]
    told = subprocess.run(alone, cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0
    for flag in ("--no-gimp", "--no-demo", "--device", "--gimp-dir", "--uninstall", "--dry-run"):
        assert flag in told.stdout


def test_other_peoples_pip_settings_do_not_count(
    newcomer: Newcomer, styles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newcomer.keep_styles(styles)
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "pip").mkdir()
    (tmp_path / "constraints.txt").write_text("numpy==1.0\nrich==1.0\n")
    (tmp_path / "pip" / "pip.conf").write_text(
        "[global]\nuser = true\nrequire-hashes = true\nno-binary = :all:\n"
        f"constraint = {tmp_path / 'constraints.txt'}\n"
        f"[install]\nprefix = {elsewhere}\ntarget = {elsewhere}\nroot = {elsewhere}\n"
        f"dry-run = true\n[download]\ndest = {elsewhere}\nplatform = win32\n"
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_DEPS", "false")
    monkeypatch.setenv("PIP_CONSTRAINT", str(tmp_path / "constraints.txt"))
    done = newcomer.install()
    assert done.returncode == 0, done.stdout
    assert not elsewhere.exists()


def test_certificates_that_are_not_there_are_told_by_name(
    newcomer: Newcomer, styles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newcomer.keep_styles(styles)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/company.pem")
    monkeypatch.delenv("PIP_CERT", raising=False)
    done = newcomer.install()
    assert done.returncode != 0
    assert "REQUESTS_CA_BUNDLE names certificates in /nowhere/company.pem" in done.stdout
