"""One home and several users: nobody is locked out, and nobody gets another's pictures."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from nst_server.client.launcher import connect_or_start
from nst_server.client.session import Client, stop_server
from nst_server.host import trust
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection
from tests.support.servers import SOURCES, environment, eventually, serve_command, start
from tests.support.users import OTHER, as_other, needs_root

COMMAND = serve_command(server_idle=30)
CONNECT = """
import json, sys
from nst_server.client.launcher import connect_or_start
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
try:
    with connect_or_start(Home.default(), command=sys.argv[1:]) as client:
        client.shutdown()
except NeuralStyleError as error:
    sys.exit(str(error))
"""


def connecting(home: Home) -> list[str]:
    """A program that starts a server, if it may, and ends it."""
    return [sys.executable, "-c", CONNECT, *COMMAND]


def run(home: Home, command: list[str], *, umask: int = 0o022) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        umask=umask,
        cwd="/",
    )


def nst(*words: str) -> list[str]:
    return [sys.executable, "-m", "nst_server", *words]


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "picture.png"
    Image.new("RGB", (8, 8)).save(path)
    return str(path)


@pytest.fixture
def others(tmp_path: Path) -> Iterator[Home]:
    """The home of another user, who has started a server there once."""
    folder = tmp_path / "user"
    folder.mkdir()
    os.chown(folder, OTHER, OTHER)
    home = Home(folder / "neural-style")
    begun = run(home, as_other(connecting(home)))
    assert begun.returncode == 0, begun.stderr
    yield home
    _give_back(home)


def _give_back(home: Home) -> None:
    for path in (home.root, *home.root.rglob("*")):
        os.lchown(path, 0, 0)


def owners(home: Home) -> set[int]:
    return {path.lstat().st_uid for path in (home.root, *home.root.rglob("*"))}


@needs_root
@pytest.mark.parametrize("words", [["stylize"], ["serve"], ["stop"], ["status"], ["doctor"]])
def test_root_leaves_a_users_home_alone(others: Home, words: list[str], picture: str) -> None:
    if words == ["stylize"]:
        words = ["stylize", picture, "--style", picture, "-o", f"{picture}.png"]
    told = run(others, nst(*words))
    assert told.returncode in {2, 3}
    assert f"belongs to {OTHER}, whom files of root would lock out." in told.stderr + told.stdout
    assert "without sudo" in told.stderr + told.stdout
    assert owners(others) == {OTHER}


@needs_root
def test_root_makes_no_home_in_a_users_folder(tmp_path: Path) -> None:
    folder = tmp_path / "user"
    folder.mkdir()
    os.chown(folder, OTHER, OTHER)
    with pytest.raises(NeuralStyleError, match="would lock out"):
        connect_or_start(Home(folder / ".local" / "neural-style"), command=COMMAND)
    assert list(folder.iterdir()) == []


@needs_root
@pytest.mark.parametrize("name", ["run", "logs"])
def test_what_root_left_is_named_with_the_command_that_mends_it(others: Home, name: str) -> None:
    for path in (others.root / name, *(others.root / name).rglob("*")):
        os.chown(path, 0, 0)
    mend = f"sudo chown -R {OTHER} {others.root}"
    for command in (connecting(others), nst("serve"), nst("status"), nst("stop")):
        told = run(others, as_other(command))
        assert told.returncode != 0
        assert f"{others.root / name} belongs to root, and not to {OTHER}." in told.stderr
        assert mend in told.stderr
    told = run(others, as_other(nst("doctor")))
    assert told.returncode == 3
    assert mend in told.stdout
    assert "Traceback" not in told.stdout + told.stderr
    subprocess.run(mend.removeprefix("sudo ").split(), check=True)
    assert run(others, as_other(connecting(others))).returncode == 0


@needs_root
def test_the_server_of_an_intruder_gets_no_picture(home: Home, tmp_path: Path) -> None:
    """Who could write to the home has put a server of his own there."""
    theirs = Home(tmp_path / "theirs")
    theirs.root.mkdir()
    os.chown(theirs.root, OTHER, OTHER)
    intruder = subprocess.Popen(as_other(COMMAND), env=environment(theirs), cwd="/")
    try:
        eventually(theirs.connection_file.exists)
        home.root.mkdir(mode=0o777)
        home.root.chmod(0o777)
        theirs.run.rename(home.run)
        for reach in (connect_or_start, Client.connect):
            with pytest.raises(NeuralStyleError) as caught:
                reach(home)
            assert f"{home.run} belongs to {OTHER}, whom" in caught.value.sentence
        assert not home.root.stat().st_mode & stat.S_IWOTH
        shutil.rmtree(home.run)
        with connect_or_start(home, command=COMMAND) as client:
            assert client.status()["pid"] != intruder.pid
            client.shutdown()
    finally:
        intruder.kill()
        intruder.wait()


@needs_root
def test_the_installer_names_it_too(others: Home) -> None:
    os.chown(others.logs, 0, 0)
    install = [sys.executable, str(SOURCES / "install" / "install.py"), "--dry-run"]
    told = run(others, as_other(install))
    assert told.returncode == 1
    assert f"Run: sudo chown -R {OTHER} {others.root}" in told.stderr
    told = run(others, install)
    assert told.returncode == 1
    assert "without sudo" in told.stderr


@needs_root
def test_what_root_has_installed_serves(others: Home) -> None:
    for path in (others.root, others.root / "venv", others.root / "painted.png"):
        path.mkdir(exist_ok=True)
        os.chown(path, 0, 0)
    assert run(others, as_other(connecting(others))).returncode == 0
    shutil.rmtree(others.run)
    told = run(others, as_other(connecting(others)))
    assert f"sudo chown -R {OTHER} {others.root}" in told.stderr


@needs_root
def test_another_users_folder_is_not_to_be_made_ours(others: Home) -> None:
    """With it would come a server and its keys."""
    os.chown(others.run, OTHER + 1, OTHER + 1)
    told = run(others, as_other(connecting(others)))
    assert f"sudo rm -r {others.run}" in told.stderr
    os.chown(others.root, OTHER + 1, OTHER + 1)
    told = run(others, as_other(connecting(others)))
    assert "Set NST_HOME to a folder of your own." in told.stderr


def test_what_we_make_is_ours_alone_whatever_the_umask(home: Home) -> None:
    begun = run(home, connecting(home), umask=0)
    assert begun.returncode == 0, begun.stderr
    for path in (home.root, home.run, home.place, home.logs):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path


def test_others_may_no_longer_write_to_a_home_of_ours(home: Home) -> None:
    home.root.mkdir(mode=0o777)
    home.root.chmod(0o775)
    for folder in (home.run, home.place):
        folder.mkdir()
        folder.chmod(0o777)
    assert run(home, connecting(home)).returncode == 0
    for folder in (home.root, home.run, home.place):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


@pytest.mark.parametrize("mode", [0o660, 0o606, 0o644])
def test_a_connection_file_that_is_open_to_others_is_not_trusted(home: Home, mode: int) -> None:
    server = start(home, COMMAND)
    try:
        os.kill(server.process.pid, signal.SIGSTOP)  # else it mends its file
        home.connection_file.chmod(mode)
        with pytest.raises(NeuralStyleError) as caught:
            Connection.read(home.connection_file)
        assert caught.value.code == "server-gone"
        os.kill(server.process.pid, signal.SIGCONT)
        eventually(lambda: stat.S_IMODE(home.connection_file.stat().st_mode) == 0o600)
        stop_server(home)
    finally:
        server.close()


def test_a_disk_without_rights_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.root.mkdir()
    home.root.chmod(0o777)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    (problem,) = trust.problems(home)
    assert "its disk does not let that be changed" in problem.sentence
