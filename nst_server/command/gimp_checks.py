"""Checks of the plug-in in every profile, and of every GIMP: its own Python paints a picture."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from nst_server import __version__
from nst_server.command.check import INSTALL_AGAIN, Check
from nst_server.host import gimps
from nst_server.host.gimp_profiles import Profile, profiles
from nst_server.host.gimps import Gimp
from nst_server.host.home import Home

_PAINTING_SECONDS = 300

_SELF_CHECK = """
import sys
from pathlib import Path
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
from neural_style_gimp.self_check import main
main(folder)
"""


def examine(home: Home) -> Iterator[Check]:
    """Yield the results for each profile, then for each GIMP."""
    found = gimps.found()
    known = _profiles(home)
    if not known:
        remedy = "To paint in GIMP, install GIMP 3, start it once and run install/install.py again."
        yield Check("plug-in", not found, "There is no GIMP 3 profile.", remedy)
    for profile in known:
        problem = plug_in_problem(profile, home)
        name = f"plug-in in {profile.folder}"
        yield Check(name, not problem, problem or "complete", INSTALL_AGAIN if problem else "")
    for gimp in found:
        if not gimp.profile.program.is_file():
            yield Check(str(gimp), False, "It has no plug-in.", INSTALL_AGAIN)
        else:
            yield _painting(gimp)


def _profiles(home: Home) -> list[Profile]:
    """Return the profiles in GIMP's usual places and those recorded by the installer."""
    usual = profiles()
    try:
        installed = json.loads((home.root / "installed.json").read_text(encoding="utf-8"))
        folders = [Path(plug_in).parent.parent for plug_in in installed["plug_ins"]]
    except (OSError, ValueError, KeyError, TypeError):
        return usual
    known = {profile.folder for profile in usual}
    return usual + [Profile(folder) for folder in folders if folder not in known]


def plug_in_problem(profile: Profile, home: Home) -> str:
    """Describe what is wrong with the plug-in in ``profile``; empty if nothing is."""
    if not profile.program.is_file():
        return "The plug-in is not there."
    if sys.platform != "win32" and not os.access(profile.program, os.X_OK):
        return f"{profile.program.name} lacks the run bit, so GIMP passes over it."
    note = gimps.note_name(gimps.packaging_here())
    for part in (note, "nst_server/__init__.py", "zmq/__init__.py"):
        if not (profile.site / part).is_file():
            return f"Its site folder is incomplete: {part} is missing."
    serves = (profile.site / note).read_text(encoding="utf-8").strip()
    if serves != str(home.root):
        return f"It belongs to another installation, {serves}."
    version = _version_in(profile.site / "nst_server" / "__init__.py")
    if version != __version__:
        return f"It is version {version}, and the server is {__version__}."
    return ""


def _version_in(path: Path) -> str:
    match = re.search(r'^__version__ = "(.*)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else "unknown"


def _painting(gimp: Gimp) -> Check:
    """Have the plug-in in GIMP's own Python send the smallest job, as a painting would be."""
    plug_in = str(gimp.profile.plug_in)
    inherited = {name: value for name, value in os.environ.items() if name != "NST_HOME"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            # Pipes would stay open as long as the server does that is started in a sandbox.
            subprocess.run(
                [*gimp.python, "-I", "-c", _SELF_CHECK, plug_in],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=inherited,
                timeout=_PAINTING_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return Check(str(gimp), False, "Its plug-in does not come to an end.", "Run: nst stop")
        printed, errors = (_text(file) for file in (out, err))
    told = _last_object(printed)
    if told is None:
        return _does_not_start(gimp, errors)
    if told.get("ok"):
        return Check(str(gimp), True, "Its plug-in painted a picture.")
    return Check(str(gimp), False, str(told["sentence"]), told.get("hint") or INSTALL_AGAIN)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def _last_object(text: str) -> dict[str, Any] | None:
    try:
        told = json.loads((text.strip().splitlines() or [""])[-1])
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _does_not_start(gimp: Gimp, errors: str) -> Check:
    last = " ".join(errors.strip().splitlines()[-1:])
    remedy = f"Is this GIMP complete? Its Python is started by: {' '.join(gimp.python)}"
    if not gimp.packaged:
        remedy = "On Debian and Ubuntu: sudo apt install python3-gi gir1.2-gimp-3.0"
    return Check(str(gimp), False, f"Its Python cannot run GIMP plug-ins: {last}", remedy)
