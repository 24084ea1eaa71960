"""A real Flatpak of GIMP beside the distribution's: installed for, painted in, taken away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tests.gimp.conftest import INSTALL_SECONDS, InstalledGimp
from tests.gimp.gimp_driver import ARTEFACTS, Gimp, desktop, wait_for
from tests.gimp.test_window import DIALOG, IMAGE, progress
from tests.support import flatpak, gimp_root

pytestmark = [pytest.mark.gimp, pytest.mark.window, pytest.mark.engine, pytest.mark.slow]

CACHE = "/root/.var/app/org.gimp.GIMP/cache/pip"


class FlatpakGimp(InstalledGimp):
    """The GIMP of the Flatpak, on a machine whose own GIMP is installed for already."""

    home = PurePosixPath("/root/.var/app/org.gimp.GIMP/data/neural-style")
    sandboxed = True
    console = ("flatpak", "run", "--command=gimp-console", "org.gimp.GIMP")
    program = ("flatpak", "run", "org.gimp.GIMP")

    def nst(self, home: str) -> tuple[str, ...]:
        """This machine's Python, since that of the sandbox does not start here."""
        return (f"{InstalledGimp.home}/venv/bin/python", "-I", "-m", "nst_server")

    def install(self, *words: str) -> Any:
        install = str(self.repository / "install" / "install.py")
        return self.run(["python3", install, *words], timeout=INSTALL_SECONDS)


@pytest.fixture(scope="module")
def gimp(installed_gimp: InstalledGimp) -> Iterator[FlatpakGimp]:
    """One run of install.py, after the Flatpak has come to the machine."""
    newcomer, installed, window = installed_gimp.layers
    try:
        layer = flatpak.build(gimp_root.Layers(newcomer, window))
    except gimp_root.Unavailable as why:
        if os.environ.get("CI"):
            pytest.fail(str(why))
        pytest.skip(str(why))
    downloads = gimp_root.cache_folder() / "pip"
    binds = {"/root/.cache/pip": downloads, CACHE: downloads}
    with gimp_root.Root([newcomer, installed, window, layer], binds=binds) as root:
        gimp = FlatpakGimp(root, [], 0, "")
        done = gimp.install()
        gimp.install_code, gimp.install_output = done.returncode, done.stdout
        yield gimp


@pytest.fixture(scope="module")
def console(gimp: FlatpakGimp) -> Iterator[Gimp]:
    """GIMP of the Flatpak without a window."""
    with Gimp(gimp, name="flatpak") as running:
        yield running


@pytest.fixture(scope="module")
def style(console: Gimp) -> str:
    path = str(console.folder / "style.png")
    console.call("make_style", path=path)
    return path


def test_one_command_installs_for_both(gimp: FlatpakGimp) -> None:
    assert gimp.install_code == 0, gimp.install_output
    assert f"(Flatpak) has an environment of its own, in {gimp.home}" in gimp.install_output
    python = gimp.outside(gimp.home / "venv" / "bin" / "python")
    assert python.is_symlink()
    site = gimp.outside(gimp.profile / "plug-ins" / "neural-style" / "site")
    assert (site / "nst_home").read_text().strip() == str(InstalledGimp.home)
    assert (site / "nst_home-flatpak").read_text().strip() == str(gimp.home)


def test_it_paints_a_feathered_selection(gimp: FlatpakGimp, console: Gimp, style: str) -> None:
    told = console.call("new_layer", style=style, preset="draft")
    assert told["result"] == {"status": "success", "message": ""}
    assert told["mask differs by"] <= 1
    assert told["original untouched"]
    assert told["changed inside"] > 0.9
    assert console.status()["running"]
    assert "submitted" in server_log(gimp), "painted by the server of the sandbox"


def test_a_second_gimp_finds_the_same_server(gimp: FlatpakGimp, console: Gimp, style: str) -> None:
    with Gimp(gimp, name="second") as second:
        for running in (second, console):
            told = running.call("new_layer", style=style, preset="draft")
            assert told["result"] == {"status": "success", "message": ""}
    assert server_log(gimp).count("is ready") == 1


def test_the_end_of_the_sandbox_costs_the_painting_alone(gimp: FlatpakGimp, style: str) -> None:
    with Gimp(gimp, name="ended") as first:
        first.begin("long_job", style=style)
        wait_for(lambda: "painting" in str(first.status()["jobs"]), "the painting")
        gimp.root.kill_sandboxes()
        wait_for(first.ended, "the end of GIMP")
    with Gimp(gimp, name="next") as following:
        told = following.call("new_layer", style=style, preset="draft")
        assert told["result"] == {"status": "success", "message": ""}
        assert len(following.status()["jobs"]) == 0
    assert server_log(gimp).count("is ready") == 2


def test_with_a_window(gimp: FlatpakGimp, style: str) -> None:
    with (
        desktop(gimp, ":98") as screen,
        Gimp(gimp, display=screen.display, name="flatpak window") as running,
    ):
        running.call("open_picture", path=f"{InstalledGimp.home}/samples/astronaut.png")
        screen.window(IMAGE, 60)
        answer = running.begin("open_dialog", style=style, size="128")
        screen.window(DIALOG)
        wait_for(lambda: progress(running) > 0, "the draft", 120)
        wait_for(lambda: not running.status()["jobs"], "the end of the draft", 120)
        screen.screenshot(ARTEFACTS / "flatpak-dialog.png", DIALOG)
        screen.end(DIALOG, "alt+y")
        assert answer(180)["status"] == "success"
        screen.screenshot(ARTEFACTS / "flatpak-painted.png")


def test_doctor_asks_both(gimp: FlatpakGimp) -> None:
    command = [f"{InstalledGimp.home}/bin/nst", "doctor"]
    well = gimp.run(command, timeout=300)
    assert well.returncode == 0, well.stdout
    assert well.stdout.count("Its plug-in painted a picture.") == 2
    assert "✗" not in well.stdout
    server_code = gimp.outside(gimp.profile / "plug-ins/neural-style/site/nst_server/values")
    server_code.rename(server_code.with_name("elsewhere"))
    ill = gimp.run(command, timeout=300)
    assert ill.returncode == 3
    assert "GIMP 3.0.4 (Flatpak): Neural Style is not completely installed" in ill.stdout
    assert "Run install/install.py again." in ill.stdout
    mended = gimp.install("--no-demo")
    assert mended.returncode == 0, mended.stdout
    assert gimp.run(command, timeout=300).returncode == 0


def test_uninstall_leaves_nothing(gimp: FlatpakGimp) -> None:
    done = gimp.install("--uninstall")
    assert done.returncode == 0, done.stdout
    words = ["find", "/root", "-path", "/root/neural-style", "-prune", "-o", "-print"]
    left = gimp.run(words).stdout.splitlines()
    assert [path for path in left if "neural-style" in path] == []
    assert not [pid for pid in gimp.root.processes() if b"nst_server" in command_line(pid)]


def server_log(gimp: FlatpakGimp) -> str:
    return gimp.outside(gimp.home / "logs" / "server.log").read_text()


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended
        return b""
