"""A Debian root folder with a real GIMP 3, and fresh copy-on-write views of it to run in.

Layers are built once by mmdebstrap and apt and cached outside the repository; a view is an
overlay of them with an upper folder of its own, mounted in a mount namespace that a holder
process keeps. All ends with the holder, the mounts included, so that nothing of the host can be
reached by removing folders afterwards.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

NEWCOMER = ("python3", "python3-venv", "ca-certificates", "gimp")
"""What a newcomer's machine has; apt adds what these depend on and recommend."""

NEWCOMER_OF = {"trixie": NEWCOMER, "sid": (*NEWCOMER, "python3.13-venv")}
"""By release; sid's own Python is newer than TensorFlow's, so there is an older one beside it."""

RELEASES = {"3.0": "trixie", "3.2": "sid"}
"""Debian's release by the version of its GIMP."""

WINDOW = ("xvfb", "xauth", "openbox", "xdotool", "imagemagick", "dbus-x11", "locales")
"""What the window tests need beside it."""

GERMAN = "de_DE.UTF-8"
"""A locale that there is beside it."""

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

_PASSED_ON = re.compile(
    r"(?i)(https?|no|all)_proxy|PIP_(INDEX_URL|EXTRA_INDEX_URL|CERT|DEFAULT_TIMEOUT)|"
    r"SSL_CERT_FILE|REQUESTS_CA_BUNDLE"
)
"""How the host reaches the network, which the root folder must too."""


_MARK = "ROOT_FOLDER_OF"
"""Variable by which processes are known that have left the mount namespace of their root folder."""


class Unavailable(Exception):  # noqa: N818 - it is no failure of the tests
    """No root folder can be had on this machine; says why."""


def cache_folder() -> Path:
    """Where layers and downloads are kept between runs."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "neural-style-tests"


@dataclass(frozen=True)
class Layers:
    """Folders that views are made of, lowest first."""

    newcomer: Path
    window: Path


def build(release: str = "trixie") -> Layers:
    """The layers of a release, built unless they are cached. Raises `Unavailable`."""
    if os.geteuid() != 0:
        raise Unavailable("building and entering a root folder needs root")
    for tool in ("mmdebstrap", "unshare", "nsenter", "mount"):
        if shutil.which(tool) is None:
            raise Unavailable(f"{tool} is not installed")
    _remove_leftovers()
    packages = (*NEWCOMER_OF[release], *WINDOW)
    key = hashlib.sha256(" ".join(("1", release, *packages)).encode()).hexdigest()[:12]
    folder = cache_folder() / f"{release}-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    layers = Layers(folder / "newcomer", folder / "window")
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not layers.newcomer.is_dir():
            _build_newcomer(release, layers.newcomer)
        if not layers.window.is_dir():
            _build_window(layers)
    return layers


def _remove_leftovers() -> None:
    """Remove what killed runs left; their mounts ended with them."""
    for pattern in ("root-*", "installed-*"):
        for folder in cache_folder().glob(pattern):
            if time.time() - folder.stat().st_mtime > 86400:
                shutil.rmtree(folder, ignore_errors=True)


def _build_newcomer(release: str, target: Path) -> None:
    part = target.with_name("newcomer.part")
    shutil.rmtree(part, ignore_errors=True)
    options = ["--variant=minbase", f"--include={','.join(NEWCOMER_OF[release])}"]
    options += ['--aptopt=Apt::Install-Recommends "true"']
    options += ['--aptopt=Acquire::Check-Valid-Until "false"']
    _call(["mmdebstrap", "--quiet", *options, release, str(part), mirror()])
    part.rename(target)


def _build_window(layers: Layers) -> None:
    part = layers.window.with_name("window.part")
    shutil.rmtree(part, ignore_errors=True)
    with Root([layers.newcomer], upper=part) as root:
        install = "apt-get update && apt-get install --yes --no-install-recommends "
        variables = {"DEBIAN_FRONTEND": "noninteractive"}
        done = root.run(["sh", "-c", install + " ".join(WINDOW)], env=variables, timeout=900)
        if done.returncode != 0:
            raise Unavailable(f"apt-get in the root folder: {done.stdout[-800:]}")
        root.run(["localedef", "-i", "de_DE", "-f", "UTF-8", GERMAN])
        root.run(["sh", "-c", "apt-get clean; rm -rf /var/lib/apt/lists/* /tmp/*"])
    part.rename(layers.window)


def mirror() -> str:
    """The Debian mirror that the host's own apt uses. Raises `Unavailable`."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        for line in text.splitlines():
            if re.match(r"\s*(deb\s|URIs:)", line):
                for word in line.split():
                    address = urllib.parse.urlsplit(word)
                    if address.scheme and address.path.rstrip("/").endswith("/debian"):
                        return word
    raise Unavailable("the host's apt sources name no Debian mirror")


def _call(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Unavailable(f"{command[0]}: {done.stdout[-800:]}")


class Root:
    """A mounted view of layers, lowest first; what is written in it lands in ``upper``."""

    def __init__(
        self,
        layers: Sequence[Path],
        upper: Path | None = None,
        binds: Mapping[str, Path] | None = None,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="root-", dir=cache_folder()))
        self.upper = upper or self._folder / "upper"
        self._mounted = self._folder / "root"
        work = self.upper.with_name(self.upper.name + ".work")
        self._work = work
        for each in (self.upper, work, self._mounted):
            each.mkdir(parents=True, exist_ok=True)
        lower = ":".join(str(layer) for layer in reversed(layers))
        options = f"lowerdir={lower},upperdir={self.upper},workdir={work}"
        pairs = [word for inside, source in (binds or {}).items() for word in (inside, str(source))]
        script = (
            'mount -t overlay overlay -o "$1" "$2" && cd "$2" && mount -t proc proc proc && '
            "mount --rbind /dev dev && mount --rbind /sys sys && shift 2 && "
            'while [ $# -gt 0 ]; do mkdir -p "./$1" && mount --bind "$2" "./$1" && shift 2 || '
            # No chroot, in which nobody may make a sandbox of their own, as Flatpak does
            "exit; done; pivot_root . . && umount --lazy . && "
            "echo mounted && exec cat"  # until its standard input is closed, however we end
        )
        private = ["unshare", "--mount", "--propagation", "private"]
        self._holder = subprocess.Popen(
            [*private, "sh", "-c", script, "sh", options, str(self._mounted), *pairs],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._holder.stdout is not None
        said = self._holder.stdout.readline()
        if said.strip() != "mounted":
            self._holder.kill()
            raise Unavailable(f"the root folder cannot be mounted: {said.strip()}")
        for name in ("/etc/resolv.conf", str(CERTIFICATES)):
            if Path(name).is_file():
                shutil.copyfile(name, self.outside(name))

    def __enter__(self) -> Root:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def outside(self, path: str | PurePosixPath) -> Path:
        """Where the host finds a path of this root folder (absolute links are the host's)."""
        return Path(f"/proc/{self._holder.pid}/root") / str(path).lstrip("/")

    def command(self, words: Sequence[str], env: Mapping[str, str] | None = None) -> list[str]:
        """The host's command that runs ``words`` inside, as a process of the same number."""
        passed = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
        variables = {
            **passed,
            "HOME": "/root",
            "USER": "root",
            "LANG": "C.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            _MARK: str(self._holder.pid),
            **(env or {}),
        }
        enter = ["nsenter", "--target", str(self._holder.pid), "--mount", "--root", "--"]
        settings = [f"{name}={value}" for name, value in variables.items()]
        return [*enter, "env", "-i", "--chdir=/root", *settings, *words]

    def run(
        self,
        words: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
        input: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside; its output and errors together are ``stdout``."""
        with tempfile.TemporaryFile() as output:  # a pipe would wait for servers it started
            done = subprocess.run(
                self.command(words, env),
                input=(input or "").encode(),
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
            )
            output.seek(0)
            text = output.read().decode("utf-8", "replace")
        return subprocess.CompletedProcess(list(words), done.returncode, text, "")

    def popen(
        self, words: Sequence[str], *, env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[Any]:
        """Start a command inside; its process is the command itself, to be killed say."""
        return subprocess.Popen(self.command(words, env), **options)

    def processes(self) -> list[int]:
        """Everything that runs inside."""
        return [pid for pid in _processes_of(self._holder.pid) if pid != self._holder.pid]

    def kill(self, name: str, setting: str) -> None:
        """End the processes inside whose name begins so, and which have this variable."""
        for pid in self.processes():
            with contextlib.suppress(OSError):
                named = Path(f"/proc/{pid}/comm").read_text().startswith(name)
                if named and f"{setting}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes():
                    os.kill(pid, signal.SIGKILL)

    def kill_sandboxes(self) -> None:
        """End everything in the sandboxes that were started inside, as a logout would."""
        for pid in _processes_of(self._holder.pid):
            with contextlib.suppress(OSError):
                if not _is_in_namespace(pid, self._holder.pid):
                    os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """End all processes inside, unmount, and remove what was written (but a given upper)."""
        deadline = time.monotonic() + 20
        while (left := self.processes()) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self._holder.kill()
        self._holder.wait()
        shutil.rmtree(self._work, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)


def _processes_of(holder: int) -> Iterator[int]:
    """Processes in the holder's mount namespace, and in sandboxes that were started there."""
    mark = f"{_MARK}={holder}\0".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                pid = int(entry.name)
                if _is_in_namespace(pid, holder) or mark in (entry / "environ").read_bytes():
                    yield pid


def _is_in_namespace(pid: int, holder: int) -> bool:
    """True if a process sees the root folder of the holder. Raises `OSError` if it has ended."""
    return Path(f"/proc/{pid}/ns/mnt").stat().st_ino == Path(f"/proc/{holder}/ns/mnt").stat().st_ino


def copy_working_tree(repository: Path, target: Path) -> None:
    """Copy what a commit of everything would hold: tracked and new files, not ignored ones."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        check=True,
    )
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        source = repository / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
