"""One folder, ``NST_HOME``, for everything that is installed or written."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nst_server.host.place import Place, this_place


def default_home() -> Path:
    """Return ``$NST_HOME``, or else ``neural-style`` in the platform's folder for user data.

    Who has no folder of his own, as in a container that runs by number, has a temporary one.
    """
    configured = os.environ.get("NST_HOME")
    if configured:
        with suppress(RuntimeError):  # in the folder of a user that there is not
            return Path(configured).expanduser()
        return Path(configured)
    if sys.platform == "win32":
        name, usual = "LOCALAPPDATA", "AppData/Local"
    elif sys.platform == "darwin":
        name, usual = "", "Library/Application Support"
    elif os.environ.get("SNAP_NAME") == "gimp":  # it sees no folder whose name begins with a dot
        name, usual = "SNAP_USER_COMMON", "snap/gimp/common"
    else:
        name, usual = "XDG_DATA_HOME", ".local/share"
    if base := os.environ.get(name):
        return Path(base) / "neural-style"
    if user := users_folder():
        return user / usual / "neural-style"
    return Path(os.environ.get("TMPDIR") or "/tmp") / f"neural-style-{os.getuid()}"


def users_folder() -> Path | None:
    """The user's own folder; None without one."""
    try:
        return Path.home()
    except RuntimeError:
        return None


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
    def programs(self) -> Path:
        """Folder of compiled programs, which may be deleted at any time."""
        return self.root / "cache"

    @property
    def run(self) -> Path:
        """Folder of the files of servers (mode 0700), in a folder for each place."""
        return self.root / "run"

    @property
    def place(self) -> Path:
        """Folder of the files that exist while a server runs in this place (mode 0700)."""
        return self.run / this_place().name

    @property
    def exchange(self) -> Path:
        """Folder of the file through which a worker and its client share pixels (mode 0700)."""
        return self.place / "exchange"

    @property
    def connection_file(self) -> Path:
        """File with the address and keys of the running server (mode 0600)."""
        return self.place / "connection.json"

    @property
    def lock_file(self) -> Path:
        """Lock file held by the only server of this home in this place."""
        return self.place / "server.lock"

    @property
    def old_connection_file(self) -> Path:
        """Connection file of a server that knew no places, of version 0.1."""
        return self.run / "connection.json"

    def lock_files(self) -> dict[Path, Place]:
        """The lock files of the servers of all places; they stay when a server ends."""
        found = ((path, Place.named(path.parent.name)) for path in self.run.glob("*/server.lock"))
        return {path: place for path, place in found if place is not None}

    @property
    def remote_file(self) -> Path:
        """File with the command to another machine's server, if that is to be used."""
        return self.root / "remote.json"

    @property
    def logs(self) -> Path:
        """Folder of log files."""
        return self.root / "logs"

    @property
    def server_log(self) -> Path:
        """Log file of the server and its workers."""
        return self.logs / "server.log"
