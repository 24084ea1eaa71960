"""Processes of other users, which only root can start."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

import pytest

OTHER = 23456
"""A user without a name, a home and a group of its own."""

needs_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="only root can start processes of other users, and with setpriv",
)


def as_other(command: Sequence[str]) -> list[str]:
    """The command, as another user; it may look anywhere, for sources and Python may be root's."""
    look = "+dac_read_search"
    user = [f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups"]
    return ["setpriv", *user, f"--inh-caps={look}", f"--ambient-caps={look}", *command]
