"""A copy of the repository whose environment is small: all of the lock but TensorFlow."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.gimp_root import copy_working_tree

REPOSITORY = Path(__file__).resolve().parents[2]
SMALL = {
    *("hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers"),
    *("numpy", "pillow", "pyzmq", "rich", "markdown-it-py", "mdurl", "pygments"),
}


def entries(lock: str) -> list[str]:
    """The packages of a lock, each with its hashes."""
    return re.split(r"\n(?=[a-z])", lock.strip())


class Newcomer:
    """Runs install.py of a small copy of the repository, into a home with an awkward name."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "repository"
        self.home = folder / "Stilübertragung – mein Ordner"
        self.profile = folder / "GIMP profile" / "3.0"
        copy_working_tree(REPOSITORY, self.repository)
        lock = self.repository / "install" / "requirements.lock"
        kept = [each for each in entries(lock.read_text()) if each.split("==")[0] in SMALL]
        assert len({each.split("==")[0] for each in kept}) == len(SMALL)
        lock.write_text("\n".join(kept) + "\n")

    def keep_styles(self, folder: Path) -> None:
        """Put the gallery's pictures there, as an uninstallation leaves those of a person."""
        shutil.copytree(folder, self.home / "styles")

    @property
    def command(self) -> list[str]:
        install = str(self.repository / "install" / "install.py")
        return [
            sys.executable,
            install,
            "--no-demo",
            "--device=cpu",
            "--gimp-dir",
            str(self.profile),
        ]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "NST_HOME": str(self.home)}

    def install(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )

    def kill_when(self, reached: Callable[[], bool]) -> None:
        """Start install.py and kill it, with all its children, as soon as ``reached``."""
        process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 240
        while not reached():
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self) -> str:
        """What pip and others wrote."""
        return (self.home / "logs" / "install.log").read_text()

    def assert_complete(self) -> None:
        styles = {path.stem for path in (self.home / "styles").glob("*.jpg")}
        assert {"swirls", "brushwork", "points", "glass", "woodcut", "watercolour"} <= styles
        version = subprocess.run(
            [str(self.home / "bin" / "nst"), "--version"], capture_output=True, text=True
        )
        assert version.stdout.startswith("nst "), version.stderr
        plug_in = self.profile / "plug-ins" / "neural-style"
        assert os.access(plug_in / "neural-style.py", os.X_OK)
        assert (plug_in / "site" / "manual" / "index.html").is_file()
        assert (plug_in / "site" / "nst_home").read_text().strip() == str(self.home)
        for leftover in ("tmp", "tmp-sample", "downloads"):
            assert not (self.home / leftover).exists()
        assert [path.name for path in (self.profile / "plug-ins").iterdir()] == ["neural-style"]


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    return Newcomer(tmp_path)
