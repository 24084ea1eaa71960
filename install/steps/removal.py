"""Remove everything that install.py made, and nothing else."""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path

from nst_server.host import weight_files
from nst_server.host.home import Home
from steps import demo, environment, guard, plug_in
from steps.manifest import NAME, Manifest
from steps.report import SetupReport

_PLACE = r"run(/[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})?"
"""Folder of a server's files; version 0.1 had but one."""
_FOLDERS = re.compile(rf"{_PLACE}(/exchange)?|logs|weights|keras|cache(/[^/]+){{0,2}}")
_FILES = re.compile(
    r"installed\.part"
    rf"|{_PLACE}/(server(-worker(-\d+)?)?\.lock|connection\.json\w*|exchange/[0-9a-f]{{32}})"
    r"|remote\.json"
    r"|keras/keras\.json"
    r"|cache/[^/]+/[^/]+/(xla_compile_cache__[^/]+\.pb[^/]*|lock|[^/]+\.unfinished)"
    r"|logs/(install|server|plugin)\.log(\.\d)?"
    rf"|weights/{re.escape(weight_files.locate('vgg19', Path()).name)}(\.part)?"
)
"""Files that server, command and plug-in make below a home, installed or not."""


def stranger(home: Home) -> Path | None:
    """First foreign file in a folder without our mark, which is then not ours; None without one.

    Styles and samples do not count: the user may have some, and only those we made are removed.
    """
    shared = {"styles", "samples", guard.lock_file(home.root).name}
    foreign = (path for path in home.root.rglob("*") if not _is_ours(path, home))
    return next(
        (path for path in foreign if path.relative_to(home.root).parts[0] not in shared), None
    )


def _is_ours(path: Path, home: Home) -> bool:
    name = path.relative_to(home.root).as_posix()
    if path.is_symlink():  # we make no links
        return False
    return (_FOLDERS if path.is_dir() else _FILES).fullmatch(name) is not None


def uninstall(home: Home, manifest: Manifest, report: SetupReport, *, dry: bool) -> None:
    """Remove plug-ins, environments, weights and unchanged sample pictures.

    The user's own files stay, and with them the folder. GIMPs in sandboxes lose theirs too.
    """
    homes = [str(home.root), *manifest.sandboxes]
    if dry:
        report.line(f"Would remove what was installed in {' and '.join(homes)}, and:")
        for name in manifest.plug_ins:
            report.line(f"  {name}")
        return
    inner = [Home(Path(name)) for name in manifest.sandboxes if (Path(name) / NAME).is_file()]
    for each in (home, *inner):
        demo.stop_server(each, home.python, report)
    for name in manifest.plug_ins:
        if plug_in.remove(Path(name), homes):
            report.line(f"  removed {name}")
    for each in inner:
        with guard.exclusive(each.root):
            _empty(each, Manifest(each.root))
    _empty(home, manifest)
    left = [str(each.root) for each in (home, *inner) if each.root.exists()]
    remark = f" What is still in {' and '.join(left)} is your own." if left else ""
    report.line(f"Neural Style was removed.{remark}")


def _empty(home: Home, manifest: Manifest) -> None:
    for name in manifest.pictures:
        if manifest.has_made(home.root / name):
            (home.root / name).unlink()
    old, fetched = environment.replaced(home.venv), environment.downloads(home)
    temporary = (home.root / "tmp", home.root / "tmp-sample")
    for folder in (home.venv, old, home.command.parent, fetched, *temporary):
        shutil.rmtree(folder, ignore_errors=True)
    our_paths = [path for path in home.root.rglob("*") if _is_ours(path, home)]
    for path in sorted(our_paths, reverse=True):  # contents before their folder
        with contextlib.suppress(OSError):  # the user's files may be in it too
            path.rmdir() if path.is_dir() else path.unlink()
    (home.root / NAME).unlink()
    for folder in (home.styles, home.root / "samples", home.root):
        with contextlib.suppress(OSError):
            folder.rmdir()
