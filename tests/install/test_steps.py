"""Parts of the installer, each by itself."""

from __future__ import annotations

import os
import re
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from steps import demo, environment, guard, interpreter, plug_in
from steps.manifest import Manifest
from steps.report import SetupError, SetupReport
from steps.setup import run

from nst_server.host import gimps, weight_files
from nst_server.host.gimp_profiles import Profile
from nst_server.host.gimps import Gimp
from nst_server.host.home import Home
from nst_server.wire.events import Painting
from tests.support.scripted_worker import Manner
from tests.support.servers import (
    SOURCES,
    Server,
    eventually,
    make_order,
    serve_command,
    start,
    wait_for,
)


def fake_python(folder: Path, name: str, version: str, *, venv: bool = True) -> None:
    script = folder / name
    checks_venv = f'case "$*" in *venv*) exit {0 if venv else 1};; esac'
    script.write_text(f"#!/bin/sh\n{checks_venv}\necho {version}\n")
    script.chmod(0o755)


@pytest.fixture
def too_new(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """This Python is 3.14, and the search path is an empty folder."""
    told = SimpleNamespace(version_info=(3, 14, 1), executable="python3.14", platform="linux")
    monkeypatch.setattr(interpreter, "sys", told)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_too_new_a_python_says_what_to_install(too_new: Path) -> None:
    with pytest.raises(SetupError, match=r"3\.14.*Install one of them"):
        interpreter.suitable()


def test_another_python_is_found(too_new: Path) -> None:
    fake_python(too_new, "python3.13", "3 14")  # not what its name says
    fake_python(too_new, "python3.12", "3 12")
    fake_python(too_new, "python3.10", "3 10")
    assert interpreter.suitable() == (str(too_new / "python3.12"), (3, 12))


def test_missing_venv_names_the_package(too_new: Path) -> None:
    fake_python(too_new, "python3.12", "3 12", venv=False)
    with pytest.raises(SetupError, match=r"sudo apt install python3\.12-venv"):
        interpreter.check_venv(*interpreter.suitable())


def test_a_full_disk_is_told_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**9))
    with pytest.raises(SetupError, match=r"1\.0 GB free.*needs 4 GB.*NST_HOME"):
        environment.check_space(Home(tmp_path / "not" / "there"), "cpu")


def test_what_an_interrupted_run_fetched_counts_as_free(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=4 * 10**9 - 500))
    for folder in (environment.downloads(home) / "3.11", home.venv / "bin"):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(bytes(300))
    environment.check_space(home, "cpu")
    project = home.venv / "lib" / "python3.11" / "site-packages" / "nst_server"
    project.mkdir(parents=True)
    (project / "__init__.py").touch()
    with pytest.raises(SetupError, match="needs 4 GB"):  # beside one that works
        environment.check_space(home, "cpu")


def test_stamps(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path / "home")
    assert not manifest.exists
    manifest.complete("one", "digest")
    assert Manifest(tmp_path / "home").steps == {"one": "digest"}
    manifest.begin("one")
    assert Manifest(tmp_path / "home").steps == {}


def test_a_damaged_manifest_means_do_it_all_again(tmp_path: Path) -> None:
    (tmp_path / "installed.json").write_text('{"steps": {"one"')
    manifest = Manifest(tmp_path)
    assert manifest.exists
    assert manifest.steps == {}


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("ERROR: [Errno 28] No space left on device", "disk of .* is full"),
        ("NewConnectionError: [Errno -3] Temporary failure in name resolution", "network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not what the lock expects"),
        (
            "ERROR: No matching distribution found for tensorflow==2.21.0",
            r"tensorflow==2\.21\.0 was not found",
        ),
        ("something new", r"install\.log"),
    ],
)
def test_the_cause_of_a_failure_in_words(tmp_path: Path, printed: str, said: str) -> None:
    assert re.search(said, environment._cause(printed, Home(tmp_path)))


def test_no_network_ends_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path)
    home.python.parent.mkdir(parents=True)
    home.python.symlink_to(sys.executable)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "1")
    for other in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(SetupError, match="registry cannot be reached"):
        environment.pip(
            home, ["download", "--dest", tmp_path / "to", "rich"], SetupReport(), "Installing"
        )
    assert "Connection" in environment.install_log(home).read_text()
    assert "Traceback" not in capfd.readouterr().out


def install(**options: object) -> int:
    """What install.py does with these options, without GIMP and a first painting."""
    usual = {
        "device": "cpu",
        "no_gimp": True,
        "no_demo": True,
        "uninstall": False,
        "dry_run": False,
    }
    return run(Namespace(**{**usual, **options}), SOURCES)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """One that there is not yet, with an `install` whose long steps do nothing."""
    for module, name in (
        (environment, "check_space"),
        (environment, "make"),
        (environment, "install_project"),
        (environment, "has_project"),
        (demo, "write_styles"),
        (demo, "fetch_weights"),
    ):
        monkeypatch.setattr(module, name, lambda *_: True)
    monkeypatch.setenv("NST_HOME", str(tmp_path / "home"))
    return Home.default()


@pytest.fixture
def installed(home: Home) -> Home:
    """Its environment is the one of the tests."""
    home.python.parent.mkdir(parents=True)
    home.python.write_text(
        f"#!/bin/sh\nshift\nPYTHONPATH='{SOURCES}' exec '{sys.executable}' \"$@\"\n"
    )
    home.python.chmod(0o755)
    Manifest(home.root).write()
    return home


@pytest.fixture
def server(installed: Home) -> Iterator[Server]:
    """It is painting, for its first client."""
    server = start(installed, serve_command())
    try:
        client = server.connect()
        client.submit(make_order(Manner.SLOW))
        wait_for(client, Painting)
        yield server
    finally:
        server.close()


def contents(folder: Path) -> dict[Path, bytes | None]:
    """Every file with its bytes, and every folder."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def states(server: Server) -> list[str]:
    return [job["state"] for job in server.status()["jobs"]]


def test_an_update_ends_no_painting(
    installed: Home, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(installed.root)
    assert install() == 1
    said = capsys.readouterr().err
    assert "A picture is being painted. Run this again when it is done" in said
    assert contents(installed.root) == before
    assert states(server) == ["painting"]
    server.clients[0].close()
    eventually(lambda: not states(server))
    assert install() == 0
    assert server.process.wait(10) == 0


def test_what_replaces_nothing_does_not_wait_for_a_painting(
    installed: Home, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as unseen:
        unseen.setattr(demo, "_has_connection_file", lambda _: False)
        assert install() == 0
    assert install() == 0
    assert states(server) == ["painting"]


def test_a_server_that_cannot_be_asked_is_no_hindrance(installed: Home) -> None:
    installed.place.mkdir(parents=True)
    installed.connection_file.write_text("{}")
    assert install() == 0
    installed.python.write_text("#!/bin/sh\necho broken; exit 1\n")
    Manifest(installed.root).begin("environment")
    assert install() == 0


@pytest.mark.parametrize(
    "own",
    [
        "weights/mine.h5",
        "weights/weights/vgg.h5",
        "weights",  # a file
        "logs/diary.txt",
        "run/marathon.gpx",
        "run/exchange/rates.csv",
        "run/0000000a-0000000b-0000000c/rates.csv",
        "tmp/draft.txt",
        "downloads/music.mp3",
    ],
)
def test_a_persons_own_folder_is_not_taken(
    home: Home, own: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home.root / own
    path.parent.mkdir(parents=True)
    path.write_text("years of work")
    before = contents(home.root.parent)
    for options in ({}, {"dry_run": True}, {"uninstall": True}):
        assert install(**options) == 1
        assert "Set NST_HOME to" in capsys.readouterr().err
        assert contents(home.root.parent) == before


@pytest.mark.parametrize("name", ["weights", "logs", "run", "tmp"])
def test_a_link_is_not_taken_for_ours(home: Home, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    home.root.mkdir()
    (home.root / name).symlink_to(elsewhere)
    assert install() == 1


def test_what_a_server_made_before_is_taken_for_ours(home: Home) -> None:
    server = start(home, serve_command())
    client = server.connect()
    client.submit(make_order(Manner.SLOW))
    wait_for(client, Painting)
    server.close()
    network = weight_files.locate("vgg19", home.weights)
    for path in (
        network,
        network.with_name(network.name + ".part"),
        home.server_log.with_name("server.log.3"),
        home.logs / "plugin.log",
        home.exchange / ("0a" * 16),
        home.run / "exchange" / ("0a" * 16),  # of version 0.1
        home.styles / "mine.jpg",
        home.root / "samples" / "mine.png",
        home.root / "installed.part",
    ):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert install() == 0
    assert install(uninstall=True) == 0
    left = {path for path in home.root.rglob("*") if path.is_file()}
    assert left == {home.styles / "mine.jpg", home.root / "samples" / "mine.png"}


def test_an_interrupted_installation_goes_on_whatever_was_unpacked(home: Home) -> None:
    Manifest(home.root).write()
    (home.root / "tmp" / "pip-unpack").mkdir(parents=True)
    assert install() == 0


def test_uninstalling_leaves_a_persons_files_and_follows_no_links(
    installed: Home, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    network = weight_files.locate("vgg19", elsewhere)
    kept = {
        network,
        elsewhere / "server.log",
        installed.weights / "mine.h5",
        installed.exchange / "rates.csv",
    }
    for path in (*kept, installed.weights / network.name, installed.lock_file):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (installed.weights / "linked").symlink_to(elsewhere)
    installed.logs.symlink_to(elsewhere)
    installed.styles.symlink_to(elsewhere)
    assert install(uninstall=True) == 0
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == kept
    assert installed.logs.is_symlink()


def test_no_folder_is_made_where_nothing_is_done(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_HOME", str(home.root / "misspelt" / "home"))
    assert install(dry_run=True) == 0
    assert install(uninstall=True) == 1
    assert not home.root.exists()


def test_the_lock_lies_inside_where_it_cannot_lie_beside(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.root.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: path != home.root.parent)
    assert guard.lock_file(home.root).parent == home.root
    guard.lock_file(home.root).touch()  # of a run that was killed
    assert install() == 0
    assert install(uninstall=True) == 0
    assert not guard.lock_file(home.root).exists()


def test_a_full_disk_of_one_gimp_does_not_stop_the_others(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flatpak = Gimp("Flatpak", ("false",), (sys.executable,), "3.0.4")
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.setattr(gimps, "found", lambda: [flatpak])
    put: list[Profile] = []
    monkeypatch.setattr(plug_in, "install", lambda profile, *_: put.append(profile))
    profile = tmp_path / "person" / ".config" / "GIMP" / "3.0"
    profile.mkdir(parents=True)
    data = gimps.sandbox_home("Flatpak").parent
    data.parent.mkdir(parents=True)
    data.write_text("where no folder can be made")
    assert install(no_gimp=False, gimp_dir=None) == 1
    told = capsys.readouterr()
    assert told.err.count("GIMP 3.0.4 (Flatpak) could not be set up: ") == 1
    assert "All else is ready" in told.err
    assert [each.folder for each in put] == [profile]
