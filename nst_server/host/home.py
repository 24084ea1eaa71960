"""One folder, ``NST_HOME``, for everything that is installed or written."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


def default_home() -> Path:
    """Return ``$NST_HOME``, or else ``neural-style`` in the platform's folder for user data."""
    configured = os.environ.get("NST_HOME")
    if configured:
        return Path(configured).expanduser().absolute()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    elif os.environ.get("SNAP_NAME") == "gimp":  # it sees no folder whose name begins with a dot
        base = Path(os.environ["SNAP_USER_COMMON"])
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "neural-style"


@dataclass(frozen=True)
class Home:
    """Paths of the folders and files below one ``NST_HOME``; a lookup creates nothing."""

    root: Path

    @classmethod
    def default(cls) -> Home:
        """Return the home at `default_home`."""
        return cls(default_home())

    @property
    def venv(self) -> Path:
        """Virtual environment made by the installer."""
        return self.root / "venv"

    @property
    def python(self) -> Path:
        """Python interpreter that has TensorFlow."""
        if sys.platform == "win32":
            return self.venv / "Scripts" / "python.exe"
        return self.venv / "bin" / "python"

    @property
    def command(self) -> Path:
        """Path of the ``nst`` command."""
        return self.root / "bin" / ("nst.cmd" if sys.platform == "win32" else "nst")

    @property
    def weights(self) -> Path:
        """Folder of downloaded network weights."""
        return self.root / "weights"

    @property
    def styles(self) -> Path:
        """Folder of style pictures: the project's samples and the user's own."""
        return self.root / "styles"

    @property
    def run(self) -> Path:
        """Folder of the files that exist while a server runs (mode 0700)."""
        return self.root / "run"

    @property
    def exchange(self) -> Path:
        """Folder of the file through which a worker and its client share pixels (mode 0700)."""
        return self.run / "exchange"

    @property
    def connection_file(self) -> Path:
        """File with the address and keys of the running server (mode 0600)."""
        return self.run / "connection.json"

    @property
    def remote_file(self) -> Path:
        """File with the command to another machine's server, if that is to be used."""
        return self.root / "remote.json"

    @property
    def lock_file(self) -> Path:
        """Lock file held by the only server of this home."""
        return self.run / "server.lock"

    @property
    def logs(self) -> Path:
        """Folder of log files."""
        return self.root / "logs"

    @property
    def server_log(self) -> Path:
        """Log file of the server and its workers."""
        return self.logs / "server.log"
