"""The virtual environment: TensorFlow and the rest from the lock, then the project itself."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from nst_server.host.home import Home
from steps import guard, packages, pip_settings
from steps.interpreter import Version, version_of
from steps.manifest import digest_of
from steps.report import SetupError, SetupReport, run

GIGABYTE = 10**9
NEEDED = {"cpu": 4 * GIGABYTE, "cuda": 12 * GIGABYTE}
"""Bytes needed for the environment and, while it is made, its downloads."""

QUIET = ("--no-color", "--progress-bar=off", "--no-input", "--disable-pip-version-check")

LOCKS = {"cpu": "requirements.lock", "cuda": "requirements-cuda.lock"}


def check_space(home: Home, device: str) -> None:
    """Raise `SetupError` if a new environment would not fit beside an existing one that works."""
    root = home.root
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free + _size(downloads(home))
    if not has_project(home.venv):  # incomplete, so it is replaced
        free += _size(home.venv)
    if free < NEEDED[device]:
        raise SetupError(
            f"{root} has {free / GIGABYTE:.1f} GB free, and the installation needs "
            f"{NEEDED[device] / GIGABYTE:.0f} GB.",
            "Free some space, or set NST_HOME to a folder on another disk.",
        )


def stamp(home: Home, version: Version, lock: Path) -> str:
    """Digest of everything that an environment is made from."""
    return digest_of(".".join(map(str, version)), str(home.root), files=[lock])


def make(home: Home, interpreter: str, lock: Path, report: SetupReport) -> None:
    """Make the environment from scratch; an incomplete one is not repaired, but replaced.

    What is fetched is kept, for another try and for other environments, until
    `discard_downloads`. A working environment is kept until the new one is complete, so that the
    user can still paint if anything fails.
    """
    release = ".".join(map(str, version_of(interpreter) or ()))
    with _replacing(home.venv, report):
        _make_empty(home, interpreter, report)
        wheels = downloads(home)
        _fetch(home, lock, wheels, release, report)
        offline: list[str | Path] = ["install", "--no-deps", "--no-index", "--find-links", wheels]
        pip(home, [*offline, "--require-hashes", "-r", lock], report, "Installing packages")


def _make_empty(home: Home, interpreter: str, report: SetupReport) -> None:
    wheel = brought_pip(home)
    without = [] if wheel is None else ["--without-pip"]
    commands: list[list[str | Path]] = [[interpreter, "-m", "venv", *without, home.venv]]
    if wheel is not None:
        commands.append([home.python, wheel / "pip", "install", "--no-index", *QUIET, wheel])
    for command in commands:
        doing = "Making the environment"
        code, output = run(command, report, doing=doing, log=install_log(home))
        if code != 0:
            raise SetupError("The virtual environment could not be made.", _cause(output, home))


def brought_pip(home: Home) -> Path | None:
    """A pip that another installation has put among the downloads, for a Python without one."""
    return next(downloads(home).glob("pip-*.whl"), None)


def discard_downloads(home: Home) -> None:
    """Remove what was fetched, once every environment that may need it is complete."""
    shutil.rmtree(downloads(home), ignore_errors=True)


def downloads(home: Home) -> Path:
    """Folder of the fetched packages, kept until they are installed."""
    return home.root / "downloads"


def replaced(venv: Path) -> Path:
    """Folder of the old, working environment while a new one is made."""
    return venv.with_name(f"{venv.name}-old")


def has_project(venv: Path) -> bool:
    """True if the project, which is installed last, is in the environment."""
    return any(venv.glob("[Ll]ib/**/site-packages/nst_server/__init__.py"))


@contextlib.contextmanager
def _replacing(venv: Path, report: SetupReport) -> Iterator[None]:
    """Set a working ``venv`` aside while a new one is made, and restore it if that fails."""
    old = replaced(venv)
    if venv.exists():
        report.line("    The environment is made anew; complete downloads are used again.")
    if has_project(venv):
        shutil.rmtree(old, ignore_errors=True)
        shutil.move(venv, old)  # a container's image is another file system
    shutil.rmtree(venv, ignore_errors=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(venv, ignore_errors=True)
        if old.exists():
            shutil.move(old, venv)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def _fetch(home: Home, lock: Path, wheels: Path, release: str, report: SetupReport) -> None:
    command = [str(home.python), "-m", "pip", "download", *QUIET, "--no-deps", "--require-hashes"]
    with _temporary(home) as temporary:
        code, output = packages.fetch(
            [*command, "--only-binary=:all:"],
            lock,
            packages.Store(wheels, release),
            report,
            temporary,
            guard.held(),
        )
    with install_log(home).open("a", encoding="utf-8") as log:
        log.write(output)
    if code != 0:
        raise SetupError("Packages could not be fetched.", _cause(output, home))


def install_project(home: Home, repository: Path, report: SetupReport) -> None:
    """Install the project's package from the working tree as it is."""
    words = ["install", "--no-deps", "--no-index", "--no-build-isolation", "--force-reinstall"]
    pip(home, [*words, repository], report, "Installing Neural Style")


def write_command(home: Home) -> None:
    """Write ``bin/nst``, which always uses this home."""
    home.command.parent.mkdir(parents=True, exist_ok=True)
    part = home.command.with_suffix(".part")
    if sys.platform == "win32":
        part.write_text(
            '@set "NST_HOME=%~dp0.."\r\n'
            '@"%~dp0..\\venv\\Scripts\\python.exe" -I -m nst_server %*\r\n',
            newline="",
        )
    else:
        part.write_text(
            "#!/bin/sh\n"
            f"NST_HOME={shlex.quote(str(home.root))}\n"
            "export NST_HOME\n"
            f'exec {shlex.quote(str(home.python))} -I -m nst_server "$@"\n',
            encoding="utf-8",
            errors="surrogateescape",
        )
        part.chmod(part.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    part.replace(home.command)


def write_manual(home: Home, repository: Path, folder: Path, report: SetupReport) -> None:
    """Make the manual from the README in the environment. Raises `SetupError`."""
    readme = repository / "README.md"
    code, output = run(
        [home.python, "-I", "-m", "nst_server.command.manual", readme, folder],
        report,
        doing="Making the manual",
        log=install_log(home),
        environment=variables(),
    )
    if code != 0:
        raise SetupError("The manual could not be made.", _cause(output, home))


def pip(home: Home, words: list[str | Path], report: SetupReport, doing: str) -> None:
    """Run the environment's pip. Raises `SetupError` with the cause in plain words."""
    with _temporary(home) as temporary:
        code, output = run(
            [home.python, "-m", "pip", words[0], *QUIET, *words[1:]],
            report,
            doing=doing,
            log=install_log(home),
            environment=temporary,
            describe=_describe,
            pass_fds=guard.held(),
        )
    if code != 0:
        raise SetupError(f"{doing} failed.", _cause(output, home))


@contextlib.contextmanager
def _temporary(home: Home) -> Iterator[dict[str, str]]:
    """Variables that make pip unpack on the disk of ``home``: /tmp may be small and in memory.

    Of the user's settings for pip they have those that say how packages are reached.
    """
    folder = home.root / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield pip_settings.environment(home.python, variables(TMPDIR=str(folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def variables(**more: str) -> dict[str, str]:
    """Environment variables for the programs that are run, with ``more`` added.

    Variables that would lead Python to other packages are left out.
    """
    unwanted = {"PYTHONHOME", "PYTHONPATH"}
    inherited = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**inherited, "PYTHONUTF8": "1", **more}


def install_log(home: Home) -> Path:
    """Log file with the output of pip and other programs."""
    return home.logs / "install.log"


def _describe(line: str) -> str | None:
    """Short text for the user about a line of pip's output; None for most lines."""
    if matched := re.match(r"(Downloading|Using cached) (\S+?)-\d\S* ?(\([^)]*\))?", line):
        verb = "fetching" if matched[1] == "Downloading" else "have"
        return f"· {verb} {matched[2].rsplit('/', 1)[-1]} {matched[3] or ''}"
    if line.startswith("Installing collected"):
        return "· unpacking"
    return None


def _cause(output: str, home: Home) -> str:
    """Explain a failure by the known causes that pip's output reveals."""
    log = f"Details are in {install_log(home)}."
    if "No space left" in output or "Errno 28" in output:
        return f"The disk of {home.root} is full: free some space and run this again. {log}"
    if "DO NOT MATCH THE HASHES" in output:
        return f"A package is not what the lock expects, and was not installed. {log}"
    if matched := re.search(r"certificate bundle, invalid path: (\S+)", output):
        names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT")
        told = [name for name in names if os.environ.get(name) == matched[1]]
        return (
            f"{told[0] if told else 'The setting cert of pip'} names certificates in {matched[1]}, "
            f"where there are none: correct it or take it away, and run this again. {log}"
        )
    if "CERTIFICATE_VERIFY_FAILED" in output or "certificate verify failed" in output:
        return (
            "The registry's certificate is not trusted: if your company checks the traffic, name "
            f"its certificate by 'pip config set global.cert FILE', and run this again. {log}"
        )
    network = ("name resolution", "Name or service", "Connection", "timed out", "ProxyError")
    if any(word in output for word in (*network, "SSLError")):
        return f"The package registry cannot be reached: check the network, run this again. {log}"
    if "No matching distribution" in output or "Could not find a version" in output:
        matched = re.search(r"No matching distribution found for (\S+)", output)
        package = matched[1] if matched else "A package"
        return (
            f"{package} was not found for this machine and Python, or the registry did not answer "
            f"for a moment: run this again. {log}"
        )
    return log
