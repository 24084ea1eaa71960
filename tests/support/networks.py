"""Processes in a network of their own, as in a sandbox or a container."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

_UNSHARE = ["unshare", "--net"] if os.name == "nt" or os.geteuid() == 0 else ["unshare", "-rn"]
_WITH_LOOPBACK = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:  # a new network's loopback interface is down
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def elsewhere(command: Sequence[str]) -> list[str]:
    """The command, in a network of its own."""
    return [*_UNSHARE, sys.executable, "-c", _WITH_LOOPBACK, *command]


def has_networks() -> bool:
    """True if this system lets us make one."""
    try:
        return subprocess.run(elsewhere(["true"]), capture_output=True).returncode == 0
    except OSError:
        return False
