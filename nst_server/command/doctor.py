"""``nst doctor``: check all requirements of a painting, each with a sentence and a remedy."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from nst_server import __version__
from nst_server.client.launcher import connect_or_start
from nst_server.host import weight_files
from nst_server.host.gimp_profiles import Profile, installed_gimp, profiles, system_python
from nst_server.host.home import Home
from nst_server.host.nvidia import nvidia_driver_answers
from nst_server.values.errors import NeuralStyleError

INSTALL_AGAIN = "Run install/install.py again."
LOW_SPACE = 10**9
_IMPORT_SECONDS = 120

_DEVICES = "import tensorflow as tf; print(len(tf.config.list_physical_devices('GPU')))"
_GIMP_PYTHON = (
    "import sys; sys.path.insert(0, sys.argv[1]); import zmq, gi; "
    "gi.require_version('Gimp', '3.0'); gi.require_version('GimpUi', '3.0'); "
    "sys.exit(0 if zmq.has('curve') else 'its pyzmq has no CURVE')"
)


@dataclass(frozen=True)
class Check:
    """Result of one check."""

    name: str
    ok: bool
    sentence: str
    remedy: str = ""
    """Advice to the user; empty if ``ok`` and nothing could be better."""


def run(home: Home, as_json: bool) -> int:
    """Print the report; return exit code 3 if something is wrong."""
    checks = []
    for check in examine(home):
        checks.append(check)
        if not as_json:
            print(f"{'✓' if check.ok else '✗'} {check.name}: {check.sentence}", flush=True)
            if check.remedy:
                print(f"    {check.remedy}")
    healthy = all(check.ok for check in checks)
    if as_json:
        report = {"ok": healthy, "version": __version__, "home": str(home.root)}
        print(json.dumps({**report, "checks": [asdict(check) for check in checks]}))
    return 0 if healthy else 3


def examine(home: Home) -> Iterator[Check]:
    """Yield each result as soon as it is known; a check that itself fails is a result too."""
    parts: tuple[Callable[[Home], Iterator[Check]], ...] = (
        _folder,
        _environment,
        _weights,
        _device,
        _gimp,
        _server,
    )
    for part in parts:
        try:
            yield from part(home)
        except (OSError, subprocess.SubprocessError) as error:
            yield Check(part.__name__.strip("_"), False, f"This could not be looked at: {error}.")


def _folder(home: Home) -> Iterator[Check]:
    root = home.root
    if not root.is_dir():
        yield Check("folder", False, f"There is no {root}.", "Run install/install.py.")
        return
    if not os.access(root, os.W_OK | os.X_OK):
        yield Check(
            "folder", False, f"{root} cannot be written.", "Make it yours, or set NST_HOME."
        )
    else:
        yield Check("folder", True, f"{root}")
    free = shutil.disk_usage(root).free
    remedy = "Free some space on this disk." if free < LOW_SPACE else ""
    yield Check("disk", free >= LOW_SPACE, f"{free / 1e9:.1f} GB are free.", remedy)
    if sys.platform != "win32":
        for path in (home.run, home.connection_file):
            if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
                yield Check(
                    "permissions",
                    False,
                    f"Other users can look into {path}, which holds the server's key.",
                    f"Run: nst stop; chmod -R go-rwx '{path}'",
                )


def _environment(home: Home) -> Iterator[Check]:
    python_version = ".".join(str(part) for part in sys.version_info[:3])
    yield Check(
        "version", True, f"Neural Style {__version__}, Python {python_version} ({sys.executable})"
    )
    if not home.python.exists():
        yield Check("environment", False, f"There is no {home.python}.", INSTALL_AGAIN)
    for package in ("tensorflow", "keras", "numpy", "pillow", "pyzmq"):
        try:
            yield Check(package, True, metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Check(package, False, "It is not installed.", INSTALL_AGAIN)


def _weights(home: Home) -> Iterator[Check]:
    available = weight_files.available(home.weights)
    for backbone, path in available.items():
        try:
            weight_files.verify(backbone, path)
        except NeuralStyleError as error:
            yield Check(f"weights of {backbone}", False, error.sentence, error.hint)
        else:
            yield Check(f"weights of {backbone}", True, str(path))
    if "vgg19" not in available and available:
        yield Check(
            "weights of vgg19", True, "Not installed; VGG16 serves.", "Better: nst weights fetch"
        )
    if not available:
        yield Check("weights", False, "No network has weights.", INSTALL_AGAIN)


def _device(home: Home) -> Iterator[Check]:
    if not nvidia_driver_answers():
        cores = os.cpu_count()
        yield Check("device", True, f"No NVIDIA driver answers: painted on the CPU, {cores} cores.")
        return
    python = str(home.python) if home.python.exists() else sys.executable
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    answer = subprocess.run(
        [python, "-I", "-c", _DEVICES],
        capture_output=True,
        text=True,
        timeout=_IMPORT_SECONDS,
        env=environment,
    )
    if answer.returncode != 0:
        last = " ".join(answer.stderr.strip().splitlines()[-1:])
        yield Check("device", False, f"TensorFlow does not start: {last}", INSTALL_AGAIN)
    elif int(answer.stdout.split()[-1]) == 0:
        yield Check(
            "device",
            False,
            "An NVIDIA driver answers, but TensorFlow sees no GPU: it would paint on the CPU.",
            "Run install/install.py --device cuda; TensorFlow 2.21 wants a driver of 525 or newer.",
        )
    else:
        yield Check("device", True, "TensorFlow sees the GPU.")


def _gimp(home: Home) -> Iterator[Check]:
    gimp = installed_gimp()
    known = _profiles(home)
    if gimp is not None:
        yield Check("GIMP", True, f"{gimp[1]} ({gimp[0]})")
    if not known:
        remedy = "To paint in GIMP, install GIMP 3, start it once and run install/install.py again."
        yield Check("plug-in", gimp is None, "There is no GIMP 3 profile.", remedy)
    for profile in known:
        problem = _plug_in_problem(profile, home)
        name = f"plug-in in {profile.folder}"
        yield Check(name, not problem, problem or "complete", INSTALL_AGAIN if problem else "")
        if not problem and not profile.packaged:
            yield from _gimp_python(profile)


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


def _plug_in_problem(profile: Profile, home: Home) -> str:
    """Describe what is wrong with the plug-in in ``profile``; empty if nothing is."""
    if not profile.program.is_file():
        return "The plug-in is not there."
    if sys.platform != "win32" and not os.access(profile.program, os.X_OK):
        return f"{profile.program.name} lacks the run bit, so GIMP passes over it."
    for part in ("nst_home", "nst_server/__init__.py", "zmq/__init__.py"):
        if not (profile.site / part).is_file():
            return f"Its site folder is incomplete: {part} is missing."
    serves = (profile.site / "nst_home").read_text(encoding="utf-8").strip()
    if serves != str(home.root):
        return f"It belongs to another installation, {serves}."
    version = _version_in(profile.site / "nst_server" / "__init__.py")
    if version != __version__:
        return f"It is version {version}, and the server is {__version__}."
    return ""


def _version_in(path: Path) -> str:
    match = re.search(r'^__version__ = "(.*)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else "unknown"


def _gimp_python(profile: Profile) -> Iterator[Check]:
    """Check the system's Python, with which GIMP starts plug-ins, for the packages ours needs."""
    python = system_python()
    if python is None:
        yield Check("GIMP's Python", False, "There is no python3.", "Install Python 3.")
        return
    answer = subprocess.run(
        [python, "-I", "-c", _GIMP_PYTHON, str(profile.site)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    last = " ".join(answer.stderr.strip().splitlines()[-1:])
    if answer.returncode == 0:
        yield Check("GIMP's Python", True, f"{python} has PyGObject, GIMP 3 and pyzmq.")
    elif "zmq" in last:
        yield Check("GIMP's Python", False, f"{python} cannot load pyzmq: {last}", INSTALL_AGAIN)
    else:
        remedy = "On Debian and Ubuntu: sudo apt install python3-gi gir1.2-gimp-3.0"
        yield Check("GIMP's Python", False, f"{python} cannot run GIMP plug-ins: {last}", remedy)


def _server(home: Home) -> Iterator[Check]:
    """Check that a server answers or starts."""
    if not home.root.is_dir():
        return  # a check must not create the folder
    try:
        with connect_or_start(home):
            yield Check("server", True, "It answers.")
    except NeuralStyleError as error:
        yield Check("server", False, error.sentence, error.hint)
