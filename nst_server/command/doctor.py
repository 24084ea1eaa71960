"""``nst doctor``: check all requirements of a painting, each with a sentence and a remedy."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import metadata

from nst_server import __version__
from nst_server.client import routes
from nst_server.client.launcher import connect_or_start
from nst_server.client.trial import try_out
from nst_server.command import gimp_checks
from nst_server.command.check import INSTALL_AGAIN, Check
from nst_server.host import obstacles, weight_files
from nst_server.host.home import Home
from nst_server.host.nvidia import VISIBLE, Gpu, nvidia_driver_answers, usable_gpus
from nst_server.studio.backend import WITHOUT_SERVER
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.events import where

LOW_SPACE = 10**9
_IMPORT_SECONDS = 120

_DEVICES = """
import json, tensorflow as tf
details = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
print(json.dumps([str(about.get("device_name", "a GPU")) for about in details]))
"""


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
    parts: dict[str, Callable[[Home], Iterator[Check]]] = {
        "folder": _folder,
        "environment": _environment,
        "weights": _weights,
        "device": _device,
        "server": _server,
        "GIMP": gimp_checks.examine,
    }
    if _way(home):  # another machine paints, with what it has
        del parts["weights"], parts["device"]
    for name, part in parts.items():
        try:
            yield from part(home)
        except (OSError, subprocess.SubprocessError) as error:
            reason = getattr(error, "strerror", None) or error
            yield Check(name, False, f"This could not be looked at: {reason}.")


def _folder(home: Home) -> Iterator[Check]:
    root = home.root
    in_the_way = list(obstacles.found(home))
    for obstacle in in_the_way:
        yield Check("obstacle", False, obstacle.sentence, obstacle.hint)
    try:
        there = root.is_dir()
    except OSError:  # the obstacle
        return
    if not there:
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
        for path in (home.run, home.place, home.connection_file):
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
    for gpu in usable_gpus(os.environ) or [Gpu("GPU", "")]:
        yield _gpu(home, gpu)


def _gpu(home: Home, gpu: Gpu) -> Check:
    """Have TensorFlow look for a GPU, alone as in the worker that would paint on it."""
    python = str(home.python) if home.python.exists() else sys.executable
    visible = {VISIBLE: gpu.visible} if gpu.visible else {}
    answer = subprocess.run(
        [python, "-I", "-c", _DEVICES],
        capture_output=True,
        text=True,
        timeout=_IMPORT_SECONDS,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **visible},
    )
    if answer.returncode != 0:
        last = " ".join(answer.stderr.strip().splitlines()[-1:])
        return Check("device", False, f"TensorFlow does not start: {last}", INSTALL_AGAIN)
    seen = json.loads(answer.stdout.splitlines()[-1])
    if not seen:
        return Check(
            "device",
            False,
            f"An NVIDIA driver answers, but TensorFlow cannot use {gpu.name}: it would paint on "
            "another or on the CPU.",
            "Run install/install.py --device cuda; TensorFlow 2.21 wants a driver of 525 or newer.",
        )
    return Check("device", True, f"TensorFlow sees {gpu.name}: {seen[0]}.")


def _way(home: Home) -> str:
    """Words on the way to another machine; empty if this one paints."""
    try:
        command = routes.remote_command(home)
    except NeuralStyleError:  # the setting is damaged, and `_server` tells it
        return ""
    return f", reached by: {shlex.join(command)}" if command else ""


def _server(home: Home) -> Iterator[Check]:
    """Check that a server answers or starts, and its worker too."""
    if not home.root.is_dir():
        return  # a check must not create the folder
    try:
        with connect_or_start(home) as client:
            paints = where(client.machine, try_out(client))
    except NeuralStyleError as error:
        yield Check("server", False, error.sentence, f"{error.hint} {WITHOUT_SERVER}")
    else:
        yield Check("server", True, f"It painted a picture on {paints}{_way(home)}.")
