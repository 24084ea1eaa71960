"""Profiles of GIMP 3, located by the way it was installed; a lookup creates nothing."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from nst_server.host.home import users_folder

PLUG_IN = "neural-style"
"""Common name of the plug-in's folder and file, as GIMP requires."""


@dataclass(frozen=True)
class Profile:
    """A GIMP 3 profile: a folder in which GIMP looks for ``plug-ins``."""

    folder: Path
    packaged: str = ""
    """Windows, macOS, Flatpak or Snap if GIMP brings its own Python; empty for the system's."""

    @property
    def plug_ins(self) -> Path:
        """Folder of the user's plug-ins."""
        return self.folder / "plug-ins"

    @property
    def plug_in(self) -> Path:
        """Folder of our plug-in."""
        return self.plug_ins / PLUG_IN

    @property
    def program(self) -> Path:
        """File that GIMP starts."""
        return self.plug_in / f"{PLUG_IN}.py"

    @property
    def site(self) -> Path:
        """Folder of the packages that the plug-in imports."""
        return self.plug_in / "site"


def profiles() -> list[Profile]:
    """Return every GIMP 3 profile of this user."""
    configured = os.environ.get("GIMP3_DIRECTORY")
    result = [Profile(Path(configured))] if configured else []
    for packaged, base in _bases().items():
        if base.is_dir():
            folders = [folder for folder in base.iterdir() if re.fullmatch(r"3\.\d+", folder.name)]
            result += [Profile(folder, packaged) for folder in sorted(folders) if folder.is_dir()]
    return result


def base_in_use(packaged: str) -> Path:
    """Folder of the profiles, named by minor release, that a GIMP so packaged uses now.

    A Flatpak's GIMP is given the system's folder in place of its own where there is one.
    """
    bases = _bases()
    shared = packaged == "Flatpak" and bases[""].is_dir()
    return bases["" if shared else packaged]


def _bases() -> dict[str, Path]:
    """Return each folder of profiles by `Profile.packaged`."""
    home = users_folder()
    if home is None:
        return {}
    if sys.platform == "win32":
        roaming = os.environ.get("APPDATA", home / "AppData" / "Roaming")
        return {"Windows": Path(roaming) / "GIMP"}
    if sys.platform == "darwin":
        return {"macOS": home / "Library" / "Application Support" / "GIMP"}
    return {
        "": Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "GIMP",
        "Flatpak": home / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP",
        "Snap": home / "snap" / "gimp" / "current" / ".config" / "GIMP",
    }


def system_python() -> str | None:
    """Return the Python with which a GIMP of the Linux distribution starts plug-ins."""
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else shutil.which("python3")
