"""Homes that cannot be used, in every process that would: a sentence, and no traceback."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.host.obstacles import found
from nst_server.host.weight_files import available
from tests.support.servers import SOURCES, environment, serve_command, start
from tests.support.users import OTHER, as_other, needs_root

NST = [sys.executable, "-m", "nst_server"]
OVERLONG = {"name": "/tmp/" + "x" * 300, "path": "/tmp" + "/x" * 2500}


def has_mounts() -> bool:
    try:
        return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0
    except OSError:
        return False


mounts = pytest.mark.skipif(not has_mounts(), reason="no disk of our own can be mounted here")


def in_shell(before: str, command: list[str]) -> list[str]:
    return ["sh", "-ec", f'{before}; exec "$@"', "sh", *command]


def on_disk(options: str, folder: Path, command: list[str]) -> list[str]:
    """The command, for which ``folder`` is a disk that is mounted so."""
    mount = f"mount -t tmpfs -o {options} none {shlex.quote(str(folder))}"
    return ["unshare", "--mount", *in_shell(mount, command)]


def run(
    command: list[str], home: str | Path, *, cwd: Path | str = "/"
) -> subprocess.CompletedProcess[str]:
    told = subprocess.run(
        command,
        env={**os.environ, "NST_HOME": str(home), "PYTHONPATH": str(SOURCES)},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert "Traceback" not in told.stdout + told.stderr
    return told


@pytest.fixture
def stylize(tmp_path: Path) -> list[str]:
    """A command that needs a server, or none with --local."""
    picture = tmp_path / "picture.png"
    Image.new("RGB", (16, 16), "red").save(picture)
    result = str(tmp_path / "result.png")
    words = ["stylize", str(picture), "--style", str(picture), "-o", result, "--quiet"]
    return [*NST, *words, "--preset", "draft", "--iterations", "1"]


def told_everywhere(
    stylize: list[str],
    home: str | Path,
    sentence: str,
    inside: Callable[[list[str]], list[str]] = lambda command: command,
) -> None:
    """Client, server and doctor say it, and who wants to paint hears of --local."""
    serving = run(inside([*NST, "serve", "--server-idle", "0"]), home)
    assert sentence in serving.stderr
    painting = run(inside(stylize), home)
    assert painting.returncode in {2, 3}
    assert sentence in painting.stderr
    assert "nst stylize --local" in painting.stderr
    examined = run(inside([*NST, "doctor"]), home)
    assert examined.returncode == 3
    assert sentence in examined.stdout


@pytest.mark.parametrize("home", ["relative", "~nobody-of-that-name/home"])
def test_a_relative_home(stylize: list[str], tmp_path: Path, home: str) -> None:
    told_everywhere(stylize, home, f"NST_HOME is {home}, which is another folder")
    gone = in_shell('mkdir "$0"-gone; cd "$0"-gone; rmdir "$PWD"', [*NST, "status"])
    assert "is another folder" in run(gone, home, cwd=tmp_path).stderr


@pytest.mark.parametrize("kind", OVERLONG)
def test_an_overlong_home(stylize: list[str], kind: str) -> None:
    told_everywhere(stylize, OVERLONG[kind], "… cannot be used: File name too long.")


@pytest.mark.parametrize("words", [["status"], ["doctor"]])
def test_a_home_is_found_from_a_folder_that_is_gone(
    words: list[str], home: Home, tmp_path: Path
) -> None:
    gone = in_shell('mkdir gone; cd gone; rmdir "$PWD"', [*NST, *words])
    home.root.mkdir()
    told = run(gone, home.root, cwd=tmp_path)
    assert ("No server is running" in told.stderr) or (f"✓ folder: {home.root}" in told.stdout)
    assert run([*NST, "stop"], home.root).returncode == 0  # what the doctor started


def test_few_open_files(stylize: list[str], home: Home) -> None:
    told_everywhere(
        stylize,
        home.root,
        "Only 16 files may be open at once, and a server needs 64.",
        lambda command: in_shell("ulimit -n 16", command),
    )


def test_few_open_files_are_made_more_where_that_is_allowed(home: Home) -> None:
    server = start(home, in_shell("ulimit -S -n 16", serve_command()))
    try:
        limits = Path(f"/proc/{server.process.pid}/limits").read_text().splitlines()
        (limit,) = [line.split()[3] for line in limits if line.startswith("Max open files")]
        assert int(limit) >= 64
        sessions = [Client.connect(home) for _ in range(20)]
        assert sessions[-1].status()["pid"] == server.process.pid
        for session in sessions:
            session.close()
    finally:
        server.close()


@needs_root
@mounts
def test_a_disk_that_cannot_be_written(stylize: list[str], home: Home) -> None:
    home.root.mkdir()

    def inside(command: list[str]) -> list[str]:
        return on_disk("ro,mode=0755", home.root, command)

    told_everywhere(stylize, home.root, f"cannot write to {home.root}: Read-only", inside)


@needs_root
def test_a_folder_where_we_may_make_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    said = f"The server cannot write to {home}: Permission denied."
    assert said in run(as_other([*NST, "serve"]), home).stderr
    reach = "from nst_server.client.launcher import *; connect_or_start(Home.default())"
    told = subprocess.run(
        as_other([sys.executable, "-c", reach]), env=environment(Home(home)), capture_output=True
    )
    assert told.stderr.decode().endswith(
        f"{said} Set NST_HOME to a folder of yours on a disk that can be written.\n"
    )


@needs_root
@mounts
def test_a_disk_that_runs_no_programs(stylize: list[str], home: Home) -> None:
    home.root.mkdir()
    venv = f"mkdir -p {home.python.parent.relative_to(home.root)}"
    link = f"ln -s {sys.executable} {home.python.relative_to(home.root)}"

    def inside(command: list[str]) -> list[str]:
        installing = in_shell(f'cd "$NST_HOME"; {venv}; {link}', command)
        return on_disk("noexec,mode=0755", home.root, installing)

    told_everywhere(
        stylize, home.root, f"Programs may not be run from {home.root}: its disk is", inside
    )


@needs_root
def test_who_has_neither_name_nor_home_has_a_temporary_one(tmp_path: Path) -> None:
    """As in a container that runs by number."""
    tmp_path.chmod(0o777)
    begin = ["env", "-u", "NST_HOME", "-u", "HOME", f"TMPDIR={tmp_path}"]
    where = "from nst_server.host.home import Home; print(Home.default().root)"
    told = run(as_other([*begin, sys.executable, "-c", where]), "")
    home = Home(tmp_path / f"neural-style-{OTHER}")
    assert told.stdout.strip() == str(home.root)
    told = run(as_other([*begin, "XDG_DATA_HOME=/data", sys.executable, "-c", where]), "")
    assert told.stdout.strip() == "/data/neural-style"
    for words in ("status", "weights", "doctor", "stop"):
        run(as_other([*begin, *NST, words]), "")
    served = run(as_other([*begin, *serve_command(server_idle=0)]), "")
    assert served.returncode == 0, served.stderr
    assert home.server_log.read_text().endswith("server ends\n")


@needs_root
def test_painting_without_a_server_needs_none_of_it(stylize: list[str], tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    os.chown(home.root, OTHER, OTHER)
    told = run(in_shell("ulimit -n 16", [*stylize, "--local"]), home.root)
    assert told.returncode == 0, told.stderr
    assert list(home.root.iterdir()) == []  # nothing of root's


def test_weights_are_found_elsewhere_than_in_a_home_that_there_cannot_be() -> None:
    assert available(Home(Path(OVERLONG["name"])).weights) == available(Path("/nonexistent"))


def test_a_good_home_has_none(home: Home) -> None:
    assert list(found(home)) == []
    home.root.mkdir()
    assert list(found(home)) == []
    assert environment(home)["NST_HOME"] == str(home.root)
