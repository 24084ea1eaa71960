"""The plug-in in GIMP's profiles, with a ``site`` folder of everything that it imports."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nst_server.host.gimp_profiles import Profile, profiles
from nst_server.host.gimps import Gimp
from nst_server.host.home import Home
from steps import environment
from steps.interpreter import Version
from steps.manifest import digest_of, sources
from steps.report import SetupReport

BUNDLED: tuple[Version, ...] = ((3, 10), (3, 11), (3, 12))
"""Python releases whose builds of pyzmq are installed side by side where GIMP brings its own
Python; the last build serves every later release too."""

CLIENT_PACKAGES = ("values", "host", "wire", "client")
"""Packages of ``nst_server`` that the plug-in imports."""


def find_profiles(
    given: Path | None, gimps: Sequence[Gimp], report: SetupReport, *, create: bool
) -> list[Profile]:
    """Profiles to install into; with ``create``, a new GIMP 3 is run once to write its own."""
    if given is not None:
        return [Profile(given.expanduser().absolute())]
    for gimp in gimps if create else ():
        if not gimp.profile.folder.is_dir():
            report.alive(f"    {gimp} was never started: letting it write its profile …")
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(
                    [*gimp.program, "--no-interface", "--no-data", "--no-fonts", "--quit"],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=120,
                )
    return profiles()


def _plug_in_files(repository: Path) -> list[Path]:
    """Every file of the repository that the plug-in's folder is made from."""
    lock = repository / "install" / "requirements-plugin.lock"
    package = repository / "nst_server"
    shared = [package / "__init__.py"]
    for name in CLIENT_PACKAGES:
        shared += sources(package / name)
    manual = [
        repository / "README.md",
        package / "command" / "manual.py",
        *sources(repository / "gimp_plugin" / "screenshots"),
    ]
    return [*sources(repository / "gimp_plugin" / "neural-style"), *shared, *manual, lock]


@dataclass(frozen=True)
class Contents:
    """Whatever an installed plug-in is made from."""

    home: Home
    repository: Path
    homes: Mapping[str, Path]
    """The ``NST_HOME`` of every GIMP that may start it, by the name of its note in ``site``."""
    pythons: tuple[Version, ...]
    """Releases of Python that may start it, as far as they are known."""

    @property
    def stamp(self) -> str:
        """Digest of all of it."""
        notes = [f"{name} {home}" for name, home in sorted(self.homes.items())]
        return digest_of(*notes, str(self.pythons), files=_plug_in_files(self.repository))

    def builds(self, profile: Profile) -> tuple[Version, ...]:
        """The builds of pyzmq for a profile, whose GIMP may bring a Python that is unknown."""
        unknown = profile.packaged in {"Windows", "macOS"} or not self.pythons
        return BUNDLED if unknown else self.pythons


def install(profile: Profile, contents: Contents, report: SetupReport) -> None:
    """Build the whole plug-in folder aside, then swap it for an older one."""
    staging, retired = _aside(profile.plug_in)
    _clear(staging, retired)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "site")
    shutil.copytree(contents.repository / "gimp_plugin" / "neural-style", staging, ignore=ignored)
    _fill_site(staging / "site", profile, contents, report)
    program = staging / profile.program.name
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    if profile.plug_in.exists():
        shutil.move(profile.plug_in, retired)  # a container's image is another file system
    staging.replace(profile.plug_in)
    _clear(retired)


def intact(profile: Profile, contents: Contents) -> bool:
    """True if the plug-in folder has everything that GIMP needs."""
    site = profile.site
    made = (site / "zmq" / "__init__.py", site / "manual" / "index.html")
    notes = (site / name for name in contents.homes)
    copies = (profile.plug_in / name for name in _copies(contents.repository))
    return os.access(profile.program, os.X_OK) and all(
        path.is_file() for path in (*made, *notes, *copies)
    )


def _copies(repository: Path) -> Iterator[Path]:
    """Names below the plug-in's folder of all files that are copied from the repository."""
    plug_in = repository / "gimp_plugin" / "neural-style"
    relative = (path.relative_to(plug_in) for path in sources(plug_in))
    yield from (path for path in relative if path.parts[0] != "site")
    for name in CLIENT_PACKAGES:
        for path in sources(repository / "nst_server" / name):
            yield Path("site") / path.relative_to(repository)


def remove(plug_in: Path, homes: Collection[str]) -> bool:
    """Remove a plug-in folder that serves these homes, and return True; leave any other alone.

    If it serves others too, only the notes of these are removed.
    """
    _clear(*_aside(plug_in))
    notes = _notes(plug_in / "site")
    ours = [note for note in notes if note.read_text(encoding="utf-8").strip() in homes]
    if not ours:
        return False
    if len(ours) < len(notes):
        for note in ours:
            note.unlink()
    else:
        shutil.rmtree(plug_in)
        settings = plug_in.parent.parent / "plug-in-settings"  # that GIMP kept of ours
        for path in settings.glob("*plug-in-neural-style*"):
            path.unlink()
    return True


def _notes(site: Path) -> list[Path]:
    return list(site.glob("nst_home*"))


def _aside(plug_in: Path) -> tuple[Path, Path]:
    """Folders in which the next plug-in is built, and to which the previous one is moved."""
    return plug_in.with_name(".neural-style-new"), plug_in.with_name(".neural-style-old")


def _clear(*paths: Path) -> None:
    for path in paths:
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path, ignore_errors=True)


def _fill_site(site: Path, profile: Profile, contents: Contents, report: SetupReport) -> None:
    home, repository = contents.home, contents.repository
    package, copied = repository / "nst_server", site / "nst_server"
    copied.mkdir(parents=True)
    shutil.copyfile(package / "__init__.py", copied / "__init__.py")
    for name in CLIENT_PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package / name, copied / name, ignore=ignored)
    for version in contents.builds(profile):
        _add_packages(site, version, home, repository, report)
    environment.write_manual(home, repository, site / "manual", report)
    for note in _notes(profile.site):  # of GIMPs that share the profile
        shutil.copyfile(note, site / note.name)
    for name, noted in contents.homes.items():
        (site / name).write_text(f"{noted}\n", encoding="utf-8")


def _add_packages(
    site: Path, version: Version, home: Home, repository: Path, report: SetupReport
) -> None:
    """Add the packages locked for the plug-in, in their build for one release of Python."""
    unpacked = site.with_name("site-packages-new")
    lock = repository / "install" / "requirements-plugin.lock"
    words: list[str | Path] = ["install", "--no-deps", "--require-hashes", "--no-compile"]
    words += ["--only-binary=:all:", f"--python-version={version[0]}.{version[1]}"]
    words += ["--implementation=cp", "--target", unpacked, "-r", lock]
    environment.pip(home, words, report, f"Packages for GIMP's Python {version[0]}.{version[1]}")
    shutil.copytree(unpacked, site, dirs_exist_ok=True)
    shutil.rmtree(unpacked)
