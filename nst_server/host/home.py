"""Where everything that is installed or written lies: one folder, ``NST_HOME``."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


def default_home() -> Path:
    """``$NST_HOME``, else ``neural-style`` in the platform's folder for user data."""
    named = os.environ.get("NST_HOME")
    if named:
        return Path(named).expanduser().absolute()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "neural-style"


@dataclass(frozen=True)
class Home:
    """The folders and files below one ``NST_HOME``; nothing is created by looking."""

    root: Path

    @classmethod
    def default(cls) -> Home:
        """The home of this user's environment."""
        return cls(default_home())

    @property
    def venv(self) -> Path:
        """The virtual environment that the installer made."""
        return self.root / "venv"

    @property
    def python(self) -> Path:
        """The interpreter that has TensorFlow."""
        if sys.platform == "win32":
            return self.venv / "Scripts" / "python.exe"
        return self.venv / "bin" / "python"

    @property
    def command(self) -> Path:
        """The ``nst`` command."""
        return self.root / "bin" / ("nst.cmd" if sys.platform == "win32" else "nst")

    @property
    def weights(self) -> Path:
        """Folder of fetched network weights."""
        return self.root / "weights"

    @property
    def styles(self) -> Path:
        """Folder of style pictures: the project's gallery and the user's own."""
        return self.root / "styles"

    @property
    def run(self) -> Path:
        """Folder of what exists while a server runs (0700)."""
        return self.root / "run"

    @property
    def exchange(self) -> Path:
        """Folder in which a worker and its client open the file of their pixels (0700)."""
        return self.run / "exchange"

    @property
    def connection_file(self) -> Path:
        """How to reach the running server (0600)."""
        return self.run / "connection.json"

    @property
    def lock_file(self) -> Path:
        """Held by the one server of this home."""
        return self.run / "server.lock"

    @property
    def logs(self) -> Path:
        """Folder of log files."""
        return self.root / "logs"

    @property
    def server_log(self) -> Path:
        """What the server and its workers wrote."""
        return self.logs / "server.log"
