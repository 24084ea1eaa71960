"""Builds of this project: each paints by its own command, server and worker, in a home of its own.

Only the commands `nst stylize --json` and `nst status --json` are used, which all builds have.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nst_server
from nst_server.bench.benchmark import Figures
from nst_server.bench.servers import temporary_home
from nst_server.client.launcher import server_environment
from nst_server.host.home import Home
from nst_server.host.memory import peak_memory
from nst_server.values.errors import NeuralStyleError

THIS = Path(nst_server.__file__).parent.parent
"""Folder of the build that is running."""


@dataclass(frozen=True)
class Build:
    """A folder with the sources of a build, its home, and words for its command line."""

    folder: Path
    home: Home
    words: tuple[str, ...]
    """Options that all its paintings get."""

    def paint(self, content: Path, style: Path, output: Path, size: int) -> Figures:
        """Paint a picture; return the worker's seconds, its processor time, work and peak so far.

        Processor time and peak are None where the system does not tell them. Raises
        `NeuralStyleError`.
        """
        files = ["stylize", str(content), "--style", str(style), "-o", str(output)]
        before = _processor_seconds(self._worker())
        lines = self._nst(*files, "--size", str(size), "--json", *self.words).splitlines()
        worker = self._worker()
        after, peak = _processor_seconds(worker), None if worker is None else peak_memory(worker)
        report = json.loads(lines[-1])
        return {
            "seconds": report["seconds"],
            "cpu_s": None if before is None or after is None else after - before,
            "work": report["megapixel_iterations"],
            "peak_mb": None if peak is None else peak / 1e6,
        }

    def _worker(self) -> int | None:
        """Process id of the worker, if there is one."""
        try:
            status = json.loads(self._nst("status", "--json"))
        except NeuralStyleError:  # no server runs yet
            return None
        return (status.get("worker") or {}).get("pid")

    def _nst(self, *words: str) -> str:
        """Run the build's command and return what it printed. Raises `NeuralStyleError`."""
        environment = server_environment(self.home, os.environ)
        done = subprocess.run(
            [sys.executable, "-m", "nst_server", *words],
            cwd=self.folder,
            env={**environment, "PYTHONPATH": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
        )
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or [""])[-1]
            raise NeuralStyleError(
                "internal", f"nst {words[0]} of {self.folder} ended with {done.returncode}.", said
            )
        return done.stdout


def _processor_seconds(worker: int | None) -> float | None:
    """Processor time of a worker so far; None without one, or where nobody tells it."""
    if worker is None or sys.platform == "win32":
        return None
    try:
        after_name = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def build(folder: Path, owner: Home, words: Sequence[str]) -> Iterator[Build]:
    """A build in a temporary home with the weights of ``owner``; its server ends with it."""
    with temporary_home(owner) as home:
        yield Build(folder, home, tuple(words))


@contextlib.contextmanager
def sources(named: str) -> Iterator[Path]:
    """Yield the folder of the build that is ``named``: a folder, or a revision of our repository.

    Raises `NeuralStyleError`.
    """
    folder = Path(named).resolve()
    if (folder / "nst_server" / "__main__.py").is_file():
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="nst-build-") as extracted:
        archive = Path(extracted) / "build.tar"
        command = ["git", "-C", str(THIS), "archive", "-o", str(archive), f"{named}^{{commit}}"]
        try:
            code = subprocess.run(command, stderr=subprocess.DEVNULL).returncode
        except OSError:
            code = -1
        if code != 0:
            raise NeuralStyleError(
                "bad-usage",
                f"{named} is neither a folder of this project nor one of its revisions.",
                "Name a checkout, or a commit of the repository that nst runs from.",
            )
        with tarfile.open(archive) as tar:
            keywords: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            tar.extractall(extracted, **keywords)
        yield Path(extracted)
