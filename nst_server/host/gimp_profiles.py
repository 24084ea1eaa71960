"""Where GIMP 3 keeps its profiles, by the way it was installed; nothing is created by looking."""

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
"""Name of the plug-in's folder and file, as GIMP demands it."""


@dataclass(frozen=True)
class Profile:
    """One GIMP 3 profile: a folder that GIMP looks for ``plug-ins`` in."""

    folder: Path
    packaged: str = ""
    """Flatpak or Snap where GIMP brings a Python of its own; empty for the system's."""

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
        """The file that GIMP starts."""
        return self.plug_in / f"{PLUG_IN}.py"

    @property
    def site(self) -> Path:
        """Folder of what the plug-in imports."""
        return self.plug_in / "site"


def profiles() -> list[Profile]:
    """Every GIMP 3 profile of this user."""
    named = os.environ.get("GIMP3_DIRECTORY")
    found = [Profile(Path(named))] if named else []
    for base, packaged in _bases():
        if base.is_dir():
            folders = [folder for folder in base.iterdir() if re.fullmatch(r"3\.\d+", folder.name)]
            found += [Profile(folder, packaged) for folder in sorted(folders) if folder.is_dir()]
    return found


def _bases() -> Iterator[tuple[Path, str]]:
    """Folders that hold profiles, each named after GIMP's minor release."""
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
    """Path and version ("3.0.4") of a GIMP 3 that runs without a window, if one is installed."""
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
        if found := re.search(r"\b(3\.\d+\.\d+)", answer.stdout):
            return path, found[1]
    return None


def system_python() -> str | None:
    """The Python that a GIMP of the Linux distribution starts plug-ins with."""
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else shutil.which("python3")
