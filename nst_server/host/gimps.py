"""The GIMPs of this machine, by the way they were packaged, and how each starts its Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nst_server.host import gimp_profiles
from nst_server.host.gimp_profiles import Profile
from nst_server.host.home import users_folder

FLATPAK = "org.gimp.GIMP"
SNAP = "gimp"

_ANSWER_SECONDS = 60
_ON_PATH = ("gimp-console-3.0", "gimp-console-3", "gimp-console", "gimp-3.0", "gimp-3", "gimp")


@dataclass(frozen=True)
class Gimp:
    """A GIMP 3 that starts."""

    packaged: str
    """As `Profile.packaged`."""
    program: tuple[str, ...]
    """Words that start it; its options follow."""
    python: tuple[str, ...]
    """Words that start its Python as it starts plug-ins; a script's name and words follow."""
    version: str
    """For example 3.0.4."""

    @property
    def sandboxed(self) -> bool:
        """True if it does not see this machine's ``/usr``, and needs an environment of its own."""
        return self.packaged in {"Flatpak", "Snap"}

    @property
    def profile(self) -> Profile:
        """The profile that it uses, whether or not it has written it."""
        configured = os.environ.get("GIMP3_DIRECTORY")
        if configured and not self.sandboxed:
            return Profile(Path(configured), self.packaged)
        release = ".".join(self.version.split(".")[:2])
        return Profile(gimp_profiles.base_in_use(self.packaged) / release, self.packaged)

    def __str__(self) -> str:
        """GIMP 3.0.4, with the name of its packaging."""
        return f"GIMP {self.version}" + (f" ({self.packaged})" if self.packaged else "")


def found() -> list[Gimp]:
    """The GIMP 3 of each packaging, where there is one that answers."""
    gimps: dict[str, Gimp] = {}
    if users_folder() is None:  # nor a profile
        return []
    for packaged, program, python in _candidates():
        if packaged not in gimps and (version := _version(program)):
            gimps[packaged] = Gimp(packaged, tuple(program), tuple(python), version)
    return list(gimps.values())


def packaging_here() -> str:
    """Flatpak or Snap if this process runs in the sandbox of such a GIMP, else empty."""
    if os.environ.get("FLATPAK_ID") == FLATPAK:
        return "Flatpak"
    return "Snap" if os.environ.get("SNAP_NAME") == SNAP else ""


def sandbox_home(packaged: str) -> Path:
    """The ``NST_HOME`` of a sandboxed GIMP, in a folder that it sees under the same path."""
    home = Path.home()
    if packaged == "Flatpak":
        return home / ".var" / "app" / FLATPAK / "data" / "neural-style"
    return home / "snap" / SNAP / "common" / "neural-style"


def note_name(packaged: str) -> str:
    """Name of the file in a plug-in's ``site`` that tells its ``NST_HOME`` to such a GIMP.

    Different GIMPs may share a profile, and with it the plug-in.
    """
    return f"nst_home-{packaged.lower()}" if packaged in {"Flatpak", "Snap"} else "nst_home"


def _candidates() -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """Yield packaging, program and Python of each GIMP that there might be."""
    if sys.platform == "win32":
        for variable, below in (("ProgramFiles", ""), ("LOCALAPPDATA", "Programs")):
            folder = Path(os.environ.get(variable, "")) / below / "GIMP 3" / "bin"
            yield "Windows", [str(folder / "gimp-console-3.exe")], [str(folder / "python.exe")]
    elif sys.platform == "darwin":
        for base in (Path("/Applications"), Path.home() / "Applications"):
            folder = base / "GIMP.app" / "Contents" / "MacOS"
            pythons = sorted(folder.glob("python3*")) or [folder / "python3"]
            yield "macOS", [str(folder / "gimp-console")], [str(pythons[0])]
    else:
        python = gimp_profiles.system_python() or "python3"
        for program in filter(None, map(shutil.which, _ON_PATH)):
            if not program.startswith("/snap/"):
                yield "", [program], [python]
        if _succeeds("flatpak", "info", FLATPAK):
            run = ["flatpak", "run"]
            yield "Flatpak", [*run, FLATPAK], [*run, "--command=python3", FLATPAK]
        if _succeeds("snap", "list", SNAP):
            shell = ["snap", "run", "--shell", SNAP, "-c", 'exec python3 "$@"', "sh"]
            yield "Snap", ["snap", "run", SNAP], shell


def _version(program: Sequence[str]) -> str:
    """The version of a GIMP 3; empty if it is no such thing."""
    try:
        answer = subprocess.run(
            [*program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    matched = re.search(r"\b(3\.\d+\.\d+)", answer.stdout)
    return matched[1] if matched else ""


def _succeeds(*words: str) -> bool:
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_ANSWER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
