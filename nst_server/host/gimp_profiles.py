"""Profiles of GIMP 3, located by the way it was installed; a lookup creates nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
    for base, packaged in _bases():
        if base.is_dir():
            folders = [folder for folder in base.iterdir() if re.fullmatch(r"3\.\d+", folder.name)]
            result += [Profile(folder, packaged) for folder in sorted(folders) if folder.is_dir()]
    return result


def _bases() -> Iterator[tuple[Path, str]]:
    """Yield each folder of profiles (named by GIMP's minor release) with its `Profile.packaged`."""
    home = Path.home()
    if sys.platform == "win32":
        yield Path(os.environ.get("APPDATA", home / "AppData" / "Roaming")) / "GIMP", "Windows"
    elif sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "GIMP", "macOS"
    else:
        yield Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "GIMP", ""
        yield home / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP", "Flatpak"
        yield home / "snap" / "gimp" / "current" / ".config" / "GIMP", "Snap"


def installed_gimp() -> tuple[str, str] | None:
    """Return path and version ("3.0.4") of a GIMP 3 that runs without a window, or None."""
    for name in (
        "gimp-console-3.0",
        "gimp-console-3",
        "gimp-console",
        "gimp-3.0",
        "gimp-3",
        "gimp",
    ):
        path = shutil.which(name)
        if path is None:
            continue
        try:
            answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if version := re.search(r"\b(3\.\d+\.\d+)", answer.stdout):
            return path, version[1]
    return None


def system_python() -> str | None:
    """Return the Python with which a GIMP of the Linux distribution starts plug-ins."""
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else shutil.which("python3")
