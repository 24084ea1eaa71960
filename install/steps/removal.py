"""Taking everything away again that install.py made, and nothing else."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from nst_server.paths import Home
from steps import demo, environment, plug_in
from steps.manifest import NAME, Manifest
from steps.report import Report, SetupError


def uninstall(home: Home, manifest: Manifest, report: Report, *, dry: bool) -> None:
    """Remove plug-ins, environment, weights and unchanged sample pictures.

    The user's own styles and pictures stay, and then the folder with them. Raises `SetupError`
    for a folder without our mark.
    """
    if not manifest.exists:
        raise SetupError(
            f"{home.root} was not made by this installer, so nothing is removed.",
            "Set NST_HOME to the folder of the installation.",
        )
    if dry:
        report.line(f"Would remove what was installed in {home.root} and:")
        for name in manifest.plug_ins:
            report.line(f"  {name}")
        return
    demo.stop_server(home, report)
    for name in manifest.plug_ins:
        if plug_in.remove(Path(name), home):
            report.line(f"  removed {name}")
    for relative, digest in manifest.pictures.items():
        picture = home.root / relative
        if picture.is_file() and hashlib.sha256(picture.read_bytes()).hexdigest() == digest:
            picture.unlink()
    old = environment.replaced(home.venv)
    for folder in (home.venv, old, home.command.parent, home.weights, home.run, home.logs):
        shutil.rmtree(folder, ignore_errors=True)
    for name in ("tmp", "tmp-sample", environment.downloads(home).name):
        shutil.rmtree(home.root / name, ignore_errors=True)
    (home.root / NAME).unlink()
    for folder in (home.styles, home.root / "samples", home.root):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    kept = f" Your own pictures stay in {home.root}." if home.root.exists() else ""
    report.line(f"Neural Style was removed.{kept}")
