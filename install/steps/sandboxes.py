"""GIMPs in sandboxes (Flatpak, Snap): an environment of their own, made from inside.

A sandbox has another ``/usr`` with another Python, so this machine's environment does not start
there. It is given whatever was fetched already.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from nst_server.host.gimps import Gimp, sandbox_home
from nst_server.host.home import Home
from steps import environment
from steps.interpreter import Version, version_of
from steps.manifest import Manifest
from steps.report import SetupError, SetupReport, run


def install(gimp: Gimp, device: str, home: Home, repository: Path, report: SetupReport) -> None:
    """Run install.py inside the sandbox of ``gimp``, for all but the plug-in. Raises `SetupError`.

    ``home`` is this machine's own, complete installation.
    """
    inner = Home(sandbox_home(gimp.packaged))
    lock = repository / "install" / environment.LOCKS[device]
    version = version_of(*gimp.python)
    if version is None:
        raise SetupError(f"The Python of {gimp} does not start.", "Is this GIMP complete?")
    if not _has_environment(inner, version, lock):
        _bring(home, inner, repository, report)
    words = ["--no-gimp", "--no-demo", f"--device={device}"]
    code, output = run(
        [*gimp.python, repository / "install" / "install.py", *words],
        report,
        doing=f"In the {gimp.packaged}:",
        log=environment.install_log(home),
        environment={**environment.variables(), "NST_HOME": str(inner.root)},
        describe=lambda line: line.lstrip("… "),
    )
    if code != 0:
        raise SetupError(_reason(gimp, repository, output))


def _has_environment(inner: Home, version: Version, lock: Path) -> bool:
    steps = Manifest(inner.root).steps
    return steps.get("environment") == environment.stamp(inner, version, lock)


def _bring(home: Home, inner: Home, repository: Path, report: SetupReport) -> None:
    """Put all that was fetched into ``inner``, with a pip: the Python there may have none."""
    Manifest(inner.root).write()  # it is ours from now on
    wheels = environment.downloads(inner)
    wheels.mkdir(parents=True, exist_ok=True)
    lock = repository / "install" / "requirements-pip.lock"
    words: list[str | Path] = ["download", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    environment.pip(home, [*words, "--dest", wheels, "-r", lock], report, "Fetching pip")
    _link_files(environment.downloads(home), wheels)
    _link_files(home.weights, inner.weights)


def _link_files(source: Path, target: Path) -> None:
    """Give ``target`` the files of ``source`` that it lacks, without a copy where that is possible.

    They are never changed, only replaced.
    """
    for path in source.rglob("*") if source.is_dir() else ():
        other = target / path.relative_to(source)
        if path.is_file() and path.suffix != ".part" and not other.exists():
            other.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, other)
            except OSError:  # another file system
                part = other.with_suffix(".part")
                shutil.copyfile(path, part)
                part.replace(other)


def _reason(gimp: Gimp, repository: Path, output: str) -> str:
    """A sentence for the failure of install.py in the sandbox, by its last words."""
    lines = output.strip().splitlines()
    said = next((line for line in reversed(lines) if line.startswith("neural-style: ")), "")
    if said:
        return said.removeprefix("neural-style: ")
    if "can't open file" in output:
        return (
            f"The {gimp.packaged} does not see {repository}: move this folder to one "
            "in your home whose name begins with no dot, and run this again."
        )
    return f"install.py ended there with: {' '.join(lines[-1:]) or 'no word'}"
