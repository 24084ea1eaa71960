"""Regenerate the locks from pyproject.toml: ``python3 install/lock.py`` (needs ``uv``).

A lock pins every package with its hashes for Python 3.10 to 3.13 on every platform. It names no
registry, so that any index that pip is configured for will do.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

INSTALL = Path(__file__).resolve().parent

LOCKS: dict[str, list[str]] = {
    "requirements.lock": ["pyproject.toml", "--group", "build"],
    "requirements-cuda.lock": ["pyproject.toml", "--group", "build", "--extra", "cuda"],
    "requirements-test.lock": ["pyproject.toml", "--group", "build", "--group", "test"],
    "requirements-plugin.lock": ["--group", "plugin", "--constraint", "install/requirements.lock"],
    "requirements-sample.lock": ["--group", "sample"],
    "requirements-pip.lock": ["--group", "installer"],
}
"""Inputs of each lock: environment, with CUDA, for tests, for GIMP's Python, for the photograph,
for a Python without pip."""

SINGLE = {"requirements-plugin.lock", "requirements-sample.lock", "requirements-pip.lock"}
"""Locks of a single package without its dependencies."""

OPTIONS = [
    "--universal",
    "--python-version=3.10",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--quiet",
]


def main() -> int:
    """Compile every lock; an existing one keeps its versions unless ``--upgrade`` is given."""
    for name, inputs in LOCKS.items():
        single = ["--no-deps"] if name in SINGLE else []
        command = ["uv", "pip", "compile", *inputs, *OPTIONS, *single, *sys.argv[1:]]
        command += ["--output-file", f"install/{name}"]
        print(f"install/{name}", flush=True)
        if code := subprocess.run(
            command, cwd=INSTALL.parent, stdout=subprocess.DEVNULL
        ).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
