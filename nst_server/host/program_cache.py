"""Programs that XLA has compiled, kept on disk for the next process.

TensorFlow reads and writes such files itself, but a damaged one ends a computation or a process,
and so does a folder that cannot be written. So it gets a folder of its own in each process, with
links to the files whose digest, which is in their name, is right; what it adds is kept under such a
name. Two processes may do so at once.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.metadata
import logging
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path

import nst_server
from nst_server.host.compilation import Compilation
from nst_server.host.cpu import flags
from nst_server.host.nvidia import nvidia_driver_answers
from nst_server.host.process_lock import hold, holder

_log = logging.getLogger(__name__)

MOST_BYTES = 2**30
"""Bytes of all that is kept; the oldest files go first."""

_OWN = "of-process-"
"""Begins the names of the folders that processes have of their own."""

_KEPT = re.compile(r"(?P<name>.+)\.(?P<digest>[0-9a-f]{64})")


class ProgramCache:
    """Files in a folder for each version; what belongs to another version is removed."""

    def __init__(self, folder: Path | None, most_bytes: int = MOST_BYTES) -> None:
        """Keep files below ``folder``; None to keep none. Nothing is touched yet."""
        self._folder = None if folder is None else folder / (platform.node() or "machine")
        self._most_bytes = most_bytes
        self._kept = Path()
        self._own: Path | None = None
        self._known: set[str] = set()

    def open(self, choice: Compilation, environment: MutableMapping[str, str]) -> None:
        """Tell TensorFlow by ``environment`` to use the cache, where ``choice`` has steps compiled.

        It listens only before it is imported: in a process that has imported it nothing is kept.
        Nothing is kept either if the folder cannot be written.
        """
        only_on_gpu = choice == "auto"
        if self._folder is None or choice == "never" or "tensorflow" in sys.modules:
            return
        if only_on_gpu and not nvidia_driver_answers():
            return
        try:
            self._kept = self._folder / _version()
            self._kept.mkdir(parents=True, exist_ok=True)
            self._remove_others()
            own = Path(tempfile.mkdtemp(prefix=_OWN, dir=self._folder))
            hold(own / "lock")
            for file, name in self._intact():
                _link(file, own / name)
                self._known.add(name)
        except OSError as error:
            _log.warning("what is compiled cannot be kept: %s", error)
            return
        self._own = own
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        quoted = own.as_posix().replace('"', '\\"')
        words = [f'--tf_xla_persistent_cache_directory="{quoted}"']
        if only_on_gpu:  # a processor's small programs are compiled faster than found
            words.append("--tf_xla_persistent_cache_device_types=XLA_GPU_JIT")
        environment["TF_XLA_FLAGS"] = " ".join(words)

    def keep(self) -> None:
        """Keep what TensorFlow has added, and of all that is kept no more than ``most_bytes``."""
        if self._own is None:
            return
        try:
            for file in self._own.glob("*.pb"):
                if file.name not in self._known:
                    self._known.add(file.name)
                    kept = self._kept / f"{file.name}.{_digest(file)}"
                    unfinished = kept.with_name(f"{self._own.name}.unfinished")
                    shutil.copyfile(file, unfinished)
                    unfinished.replace(kept)
            self._shrink()
        except OSError as error:
            _log.warning("what was compiled is not kept: %s", error)

    def _files(self) -> list[Path]:
        return [file for file in self._kept.iterdir() if file.is_file()]

    def _intact(self) -> Iterator[tuple[Path, str]]:
        """Yield the files that are as they were written, with their names; remove the others."""
        for file in self._files():
            parts = _parts(file)
            if parts and _digest(file) == parts["digest"]:
                yield file, parts["name"]
            elif parts or not file.name.endswith(".unfinished"):
                file.unlink(missing_ok=True)

    def _shrink(self) -> None:
        files = sorted(self._files(), key=lambda file: file.stat().st_mtime, reverse=True)
        left = self._most_bytes
        for file in files:
            left -= file.stat().st_size
            if left < 0:
                file.unlink(missing_ok=True)

    def _remove_others(self) -> None:
        """Remove what belongs to other versions and to processes that have ended."""
        assert self._folder is not None
        for other in self._folder.iterdir():
            if other != self._kept and not (other.name.startswith(_OWN) and _is_held(other)):
                shutil.rmtree(other, ignore_errors=True)


def _version() -> str:
    """Name of all that compiled programs depend on: our version, TensorFlow's, the hardware's."""
    described = [" ".join(sorted(flags()))]
    driver = Path("/proc/driver/nvidia")
    with suppress(OSError):
        files = [driver / "version", *sorted(driver.glob("gpus/*/information"))]
        described += [file.read_text(encoding="utf-8", errors="replace") for file in files]
    hardware = hashlib.sha256("\n".join(described).encode()).hexdigest()[:12]
    tensorflow = importlib.metadata.version("tensorflow")
    return f"{nst_server.__version__}-{tensorflow}-{hardware}"


def _parts(file: Path) -> re.Match[str] | None:
    return _KEPT.fullmatch(file.name)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _link(file: Path, link: Path) -> None:
    try:
        link.hardlink_to(file)
    except OSError:  # some systems have none
        shutil.copyfile(file, link)


def _is_held(folder: Path) -> bool:
    """True if the process whose folder this is may still run."""
    return holder(folder / "lock") is not None
