"""Fetch the locked packages one by one, so that a complete one is never fetched again.

pip's own cache does not help: it keeps only what the registry's headers allow, and ``pip download``
puts nothing in place before everything has arrived.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from steps.manifest import digest_of
from steps.report import SetupReport, clock

AT_ONCE = 4
ATTEMPTS = 3
"""Tries per package: a registry that is briefly overloaded looks to pip as if it lacked it."""
PAUSE_SECONDS = 3.0


def entries(lock: Path) -> list[str]:
    """The packages of a lock, each a pinned name with its hashes."""
    return re.split(r"\n(?=[a-z])", lock.read_text(encoding="utf-8").strip())


@dataclass(frozen=True)
class Store:
    """Folder of wheels, which environments of several releases of Python may share."""

    folder: Path
    release: str
    """The release of Python that wheels are wanted for."""

    def mark(self, entry: str) -> Path:
        """File that is there once a package of a lock is, complete and checked."""
        return self.folder / f"complete-{self.release}" / digest_of(entry)

    def has_builds_of(self, entry: str) -> bool:
        """True if there is a wheel of this package and version, for some release of Python."""
        name, _, rest = entry.partition("==")
        version = re.split(r"[\s;]", rest, maxsplit=1)[0]
        stem = re.sub(r"[-_.]+", "_", name)
        return any(self.folder.glob(f"{stem}-{version}-*.whl"))


def fetch(
    pip: Sequence[str],
    lock: Path,
    store: Store,
    report: SetupReport,
    environment: dict[str, str],
    pass_fds: tuple[int, ...],
) -> tuple[int, str]:
    """Bring every package of ``lock`` into ``store``; return pip's exit code and output.

    ``pip`` is its command for downloads.
    """
    return _Downloads(pip, store, environment, pass_fds).fetch(entries(lock), report)


class _Downloads:
    """Downloads into one folder, a few at a time; the first failure ends them all."""

    def __init__(
        self,
        pip: Sequence[str],
        store: Store,
        environment: dict[str, str],
        pass_fds: tuple[int, ...],
    ) -> None:
        self._pip = pip
        self._store = store
        self._environment = environment
        self._pass_fds = pass_fds
        self._stopped = Event()
        self._at_work: set[subprocess.Popen[str]] = set()

    def fetch(self, entries: Sequence[str], report: SetupReport) -> tuple[int, str]:
        """Fetch the packages that are missing, telling ``report`` what goes on."""
        self._store.mark("").parent.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        printed: list[str] = []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            running: dict[Future[tuple[int, str]], str] = {
                pool.submit(self._fetch_patiently, entry): entry.split("==")[0]
                for entry in entries
                if not self._store.mark(entry).exists()
            }
            try:
                while running:
                    finished, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                    for download in finished:
                        code, output = download.result()
                        del running[download]
                        printed.append(output)
                        if code != 0:
                            return code, "".join(printed)
                    names = " and ".join(
                        running[download] for download in running if download.running()
                    )
                    count = f"{len(entries) - len(running)} of {len(entries)}"
                    elapsed = clock(time.monotonic() - started)
                    report.alive(f"    Packages: {count}, fetching {names} {elapsed}")
            finally:  # after an interruption or a failure, the other downloads are of no use
                self._stop(pool)
        return 0, "".join(printed)

    def _stop(self, pool: ThreadPoolExecutor) -> None:
        self._stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(self._at_work):
            process.terminate()

    def _fetch_patiently(self, entry: str) -> tuple[int, str]:
        """Fetch one package, several times if the registry does not have it at once."""
        if self._store.has_builds_of(entry):  # perhaps one that is for this release too
            code, output = self._fetch_once(
                entry, "--no-index", "--find-links", str(self._store.folder)
            )
            if code == 0:
                return code, output
        for attempt in range(1, ATTEMPTS + 1):
            code, output = self._fetch_once(entry)
            if code == 0 or "HASHES" in output or attempt == ATTEMPTS:
                break
            if self._stopped.wait(PAUSE_SECONDS * attempt):
                break
        return code, output

    def _fetch_once(self, entry: str, *options: str) -> tuple[int, str]:
        mark = self._store.mark(entry)
        requirements, arrivals = mark.with_suffix(".txt"), mark.with_suffix(".part")
        requirements.write_text(entry + "\n", encoding="utf-8")
        shutil.rmtree(arrivals, ignore_errors=True)
        process = subprocess.Popen(
            [*self._pip, *options, "--dest", str(arrivals), "-r", str(requirements)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            pass_fds=self._pass_fds,
            encoding="utf-8",
            errors="replace",
        )
        self._at_work.add(process)
        output, _ = process.communicate()
        self._at_work.discard(process)
        if process.returncode == 0:
            # No folder was made if a marker excludes the package.
            for wheel in arrivals.iterdir() if arrivals.is_dir() else ():
                wheel.replace(self._store.folder / wheel.name)
            mark.touch()
        requirements.unlink()
        shutil.rmtree(arrivals, ignore_errors=True)
        return process.returncode, output
