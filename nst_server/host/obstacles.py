"""Whatever keeps this user, with the rights and limits of this process, from using a home."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from nst_server.host import trust
from nst_server.host.home import Home
from nst_server.host.process_limits import allow_open_files
from nst_server.values.errors import NeuralStyleError

_OPEN_FILES = 64
"""Files that a server, its client or its worker has open at once, with some to spare."""
_SHOWN_CHARACTERS = 100


def check(home: Home) -> None:
    """Raise the first of the obstacles, as `NeuralStyleError`; ``home`` may be missing."""
    for obstacle in found(home):
        raise obstacle


def found(home: Home) -> Iterator[NeuralStyleError]:
    """Each obstacle, in a sentence. Nothing is changed, but see `trust.problems`."""
    try:
        exists = home.root.exists()
    except OSError as error:
        yield _unusable(home.root, error)
        return
    if not home.root.is_absolute():
        yield NeuralStyleError(
            "unwritable",
            "NST_HOME is {path}, which is another folder for each program.",
            "Set it to a whole path.",
            path=home.root,
        )
        return
    yield from trust.problems(home)
    if exists and home.python.exists() and _lies_on_noexec(home.root):
        yield NeuralStyleError(
            "server-failed",
            "Programs may not be run from {path}: its disk is mounted with noexec.",
            "Install it on another disk: set NST_HOME and run install/install.py.",
            path=home.root,
        )
    limit = allow_open_files()
    if limit < _OPEN_FILES:
        yield NeuralStyleError(
            "server-failed",
            "Only {limit} files may be open at once, and a server needs {needed}.",
            "Allow more with: ulimit -n {needed}",
            limit=limit,
            needed=_OPEN_FILES,
        )


def _unusable(path: Path, error: OSError) -> NeuralStyleError:
    text = str(path)
    return NeuralStyleError(
        "unwritable",
        "{path} cannot be used: {reason}.",
        "Set NST_HOME to another folder.",
        path=text if len(text) < _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…",
        reason=error.strerror,
    )


def _lies_on_noexec(folder: Path) -> bool:
    if sys.platform == "win32":
        return False
    return bool(os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0))
