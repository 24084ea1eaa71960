#!/usr/bin/env python3
"""Set up what the tests need and run them: ``python3 install/test.py [PYTEST ARGUMENTS]``.

Environment, downloads and GIMP's root folder are cached outside the repository, below
``$XDG_CACHE_HOME/neural-style-tests``. ruff and mypy run first, pytest last.
``--gimp 3.2`` runs only the tests in real GIMP, with that version; the default is GIMP 3.0.
``--screenshots`` regenerates the README's screenshots instead of testing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "install")]

from steps import interpreter  # noqa: E402 - found by the line above
from steps.manifest import digest_of  # noqa: E402
from steps.report import SetupError  # noqa: E402

LOCK = REPOSITORY / "install" / "requirements-test.lock"


def main(words: list[str]) -> int:
    """Return the exit code of the first of ruff, mypy and pytest that failed, else 0."""
    _system_packages()
    try:
        python = _environment()
    except SetupError as error:
        print(f"install/test.py: {error}", file=sys.stderr)
        return 1
    codes = [
        _run("ruff", [python, "-m", "ruff", "check", "."]),
        _run("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        _run("mypy", [python, "-m", "mypy"]),
        *_tests(python, words),
    ]
    return next((code for code in codes if code), 0)


def _tests(python: str, words: list[str]) -> list[int]:
    """Exit codes of pytest; if all is to be run, tests in GIMP, which mostly wait, go beside."""
    pytest = [python, "-m", "pytest"]
    if words:
        return [_run("pytest", [*pytest, *words])]
    with tempfile.TemporaryFile() as output:
        in_gimp = subprocess.Popen(
            [*pytest, "tests/gimp"], cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT
        )
        others = _run("pytest but in GIMP", [*pytest, "--ignore=tests/gimp"])
        codes = [others, in_gimp.wait()]
        print("== pytest in GIMP", flush=True)
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout.buffer)
        sys.stdout.flush()
    return codes


def _run(title: str, command: list[str]) -> int:
    print(f"== {title}", flush=True)
    return subprocess.run(command, cwd=REPOSITORY).returncode


def _environment() -> str:
    """Python of the environment made from the lock, which is rebuilt when the lock changes."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    maker, version = interpreter.suitable()
    folder = base / "neural-style-tests" / f"venv-{digest_of(str(version), files=[LOCK])[:12]}"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    complete = folder / "complete"
    if not complete.exists():
        interpreter.check_venv(maker, version)
        print(f"== environment in {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        locked = ["--no-deps", "--require-hashes", "--only-binary=:all:", "-r", str(LOCK)]
        for command in (
            [maker, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", *locked],
        ):
            if subprocess.run(command).returncode != 0:
                raise SetupError("The tests' environment could not be made; see above.")
        complete.touch()
    return str(python)


def _system_packages() -> None:
    """Install what a Debian machine lacks; without it the tests that need it say why they skip."""
    needed = {"mmdebstrap": "mmdebstrap", "/usr/sbin/sshd": "openssh-server"}
    missing = [package for program, package in needed.items() if not shutil.which(program)]
    if importlib.util.find_spec("ensurepip") is None:
        missing.append("python3-venv")
    if not missing or shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    print(f"== apt-get install {' '.join(missing)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        subprocess.run(["apt-get", "--quiet", "--quiet", *words], env=quiet)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
