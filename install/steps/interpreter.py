"""Choice of the Python that makes the environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from steps.report import SetupError

SUPPORTED = ((3, 13), (3, 12), (3, 11), (3, 10))
"""Minor releases that TensorFlow is published for, newest first."""

Version = tuple[int, int]


def suitable() -> tuple[str, Version]:
    """Find a Python that TensorFlow is published for, preferably the running one.

    Raises `SetupError` if there is none.
    """
    running = sys.version_info[:2]
    chosen: tuple[str, Version] | None = (sys.executable, running)
    if running not in SUPPORTED:
        others = ((f"python{major}.{minor}", (major, minor)) for major, minor in SUPPORTED)
        chosen = next(
            ((path, release) for name, release in others if (path := _working(name, release))), None
        )
    if chosen is None:
        raise SetupError(
            f"TensorFlow is not published for this Python, {running[0]}.{running[1]}, "
            "and no Python 3.10 to 3.13 was found.",
            "Install one of them, 3.13 say, beside it and run this again.",
        )
    return chosen


def version_of(*python: str | Path) -> Version | None:
    """Release of the interpreter that these words start; None if it does not run."""
    try:
        answer = subprocess.run(
            [*map(str, python), "-I", "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=30,
        )
        major, minor = answer.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def _working(name: str, release: Version) -> str | None:
    path = shutil.which(name)
    return path if path and version_of(path) == release else None


def check_venv(python: str, version: Version, *, has_pip: bool = False) -> None:
    """Raise `SetupError` if a Python cannot make virtual environments.

    With ``has_pip`` it need not bring pip.
    """
    imports = "import venv" if has_pip else "import venv, ensurepip"
    if subprocess.run([python, "-I", "-c", imports], capture_output=True).returncode == 0:
        return
    package = "python3-venv"
    if Path(python).name not in ("python3", f"python{version[0]}.{version[1]}"):
        package = "the venv module"
    elif version != sys.version_info[:2]:
        package = f"python{version[0]}.{version[1]}-venv"
    raise SetupError(
        "This Python cannot make virtual environments: its venv module is not installed.",
        f"On Debian and Ubuntu: sudo apt install {package}",
    )
