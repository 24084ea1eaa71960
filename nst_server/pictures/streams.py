"""Standard input and output, pipes and devices, which are no files that could be read twice."""

from __future__ import annotations

import stat
from pathlib import Path

STANDARD_STREAM = Path("-")
"""Standard input where a picture is read, standard output where one is written."""


def is_stream(path: Path) -> bool:
    """True for a standard stream, and for a pipe or a device that there is."""
    try:
        return path == STANDARD_STREAM or not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False
