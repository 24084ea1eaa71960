"""A newcomer's machine with GIMP 3, in which install.py ran, for all tests of this folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from subprocess import CompletedProcess, Popen
from typing import Any

import pytest

from tests.support import gimp_root

REPOSITORY = Path(__file__).resolve().parents[2]
INSTALL_SECONDS = 1200
OTHER_PIP_SETTINGS = """[global]
user = true
require-hashes = true
no-binary = :all:
constraint = /root/.config/pip/constraints.txt
[install]
prefix = /root/elsewhere
target = /root/elsewhere
root = /root/elsewhere
"""
"""Settings of other work, which nothing here may heed."""


class InstalledGimp:
    """A root folder with GIMP 3, a display's tools, and Neural Style as install.py left it."""

    home = PurePosixPath("/root/.local/share/neural-style")
    """NST_HOME inside."""
    repository = PurePosixPath("/root/neural-style")
    """The newcomer's clone."""
    sandboxed = False
    """True if GIMP has a file system of its own."""
    console: tuple[str, ...] = ("gimp-console",)
    """Words that start GIMP without a window."""
    program: tuple[str, ...] = ("gimp",)
    """Words that start GIMP."""

    def __init__(
        self,
        root: gimp_root.Root,
        layers: list[Path],
        install_code: int,
        install_output: str,
    ) -> None:
        self.root = root
        self.layers = layers
        self.install_code = install_code
        self.install_output = install_output

    @property
    def profile(self) -> PurePosixPath:
        """GIMP's profile inside."""
        base = PurePosixPath("/root/.config/GIMP")
        return base / sorted(path.name for path in self.outside(base).glob("3.*"))[-1]

    def nst(self, home: str) -> tuple[str, ...]:
        """Words that start the command of an installation."""
        return (f"{home}/bin/nst",)

    def outside(self, path: str | PurePosixPath) -> Path:
        """Where the host finds a path inside."""
        return self.root.outside(path)

    def run(
        self,
        words: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
        input: str | None = None,
    ) -> CompletedProcess[str]:
        """Run a command inside; ``stdout`` has its errors too."""
        return self.root.run(words, env=env, timeout=timeout, input=input)

    def popen(
        self, words: Sequence[str], *, env: Mapping[str, str] | None = None, **options: Any
    ) -> Popen[Any]:
        """Start a command inside."""
        return self.root.popen(words, env=env, **options)


@pytest.fixture(scope="session")
def installed_gimp(gimp_version: str) -> Iterator[InstalledGimp]:
    """Install as a newcomer does, on a machine without anything else; then add a display."""
    try:
        layers = gimp_root.build(gimp_root.RELEASES[gimp_version])
    except gimp_root.Unavailable as why:
        if os.environ.get("CI"):  # there the set-up is ours, and a skip would hide its failure
            pytest.fail(f"no GIMP {gimp_version} root folder: {why}")
        pytest.skip(f"no GIMP {gimp_version} root folder: {why}")
    downloads = gimp_root.cache_folder() / "pip"
    downloads.mkdir(exist_ok=True)
    binds = {"/root/.cache/pip": downloads}
    kept = os.environ.get("NEURAL_STYLE_TEST_INSTALLED")  # brought up to date, not made anew
    installed = Path(kept or tempfile.mkdtemp(prefix="installed-", dir=gimp_root.cache_folder()))
    with gimp_root.Root([layers.newcomer], installed / "upper", binds) as newcomer:
        target = newcomer.outside(InstalledGimp.repository)
        shutil.rmtree(target, ignore_errors=True)
        gimp_root.copy_working_tree(REPOSITORY, target)
        settings = newcomer.outside("/root/.config/pip/pip.conf")
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(OTHER_PIP_SETTINGS)
        settings.with_name("constraints.txt").write_text("numpy==1.0\nrich==1.0\n")
        command = ["python3", str(InstalledGimp.repository / "install" / "install.py")]
        done = newcomer.run(command, timeout=INSTALL_SECONDS)
        log = newcomer.outside(InstalledGimp.home / "logs" / "install.log")
        if done.returncode != 0 and log.is_file():  # it goes with this machine
            done.stdout += log.read_text(encoding="utf-8", errors="replace")[-4000:]
    # What was installed becomes a layer under the display's tools: they never met install.py.
    folders = [layers.newcomer, installed / "upper", layers.window]
    with gimp_root.Root(folders, binds=binds) as root:
        yield InstalledGimp(root, folders, done.returncode, done.stdout)
    if kept is None:
        shutil.rmtree(installed, ignore_errors=True)
