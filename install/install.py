#!/usr/bin/env python3
"""Set up Neural Style and paint a first picture: ``python3 install/install.py``.

Needs only Python's standard library. Everything goes into one folder (``NST_HOME``) and into the
``plug-ins`` folder of every GIMP 3 profile. Run it again after an interruption, or to update:
complete steps are kept.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Set up Neural Style: server, command line and GIMP 3 plug-in.",
        epilog="NST_HOME, an environment variable, names the folder for all of it.",
    )
    parser.add_argument("--no-gimp", action="store_true", help="leave GIMP alone")
    parser.add_argument("--no-demo", action="store_true", help="paint no sample picture")
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="what to compute on; auto takes CUDA where an NVIDIA driver answers",
    )
    parser.add_argument(
        "--gimp-dir",
        type=Path,
        metavar="DIR",
        help="a GIMP profile, the folder with plug-ins in it, in place of those found",
    )
    parser.add_argument("--uninstall", action="store_true", help="remove what this command made")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Return the exit code: 0 success, 1 failure (one sentence says why), 130 interrupted."""
    options = _arguments(words)
    if sys.version_info < (3, 10):  # noqa: UP036 - a newcomer's Python may be older
        print("Neural Style needs Python 3.10 or newer.", file=sys.stderr)
        return 1
    sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "install")]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a C locale must not stop it
    from steps.setup import run

    return run(options, REPOSITORY)


if __name__ == "__main__":
    sys.exit(main())
