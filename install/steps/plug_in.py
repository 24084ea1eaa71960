"""The plug-in in GIMP's profiles, with a ``site`` folder of everything that it imports."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

from nst_server.host.gimp_profiles import Profile, installed_gimp, profiles, system_python
from nst_server.host.home import Home
from steps import environment
from steps.interpreter import Version, version_of
from steps.manifest import digest_of, sources
from steps.report import SetupReport

BUNDLED: tuple[Version, ...] = ((3, 10), (3, 11), (3, 12))
"""Python releases whose builds of pyzmq are installed side by side where GIMP brings its own
Python; the last build serves every later release too."""

CLIENT_PACKAGES = ("values", "host", "wire", "client")
"""Packages of ``nst_server`` that the plug-in imports."""


def find_profiles(given: Path | None, report: SetupReport, *, create: bool) -> list[Profile]:
    """Profiles to install into; with ``create``, a new GIMP 3 is run once to write its own."""
    if given is not None:
        return [Profile(given.expanduser().absolute())]
    existing = profiles()
    gimp = installed_gimp() if create and not os.environ.get("GIMP3_DIRECTORY") else None
    started = {profile.folder.name for profile in existing if not profile.packaged}
    if gimp is None or gimp[1].rpartition(".")[0] in started:
        return existing
    path, version = gimp
    report.alive(f"    GIMP {version} was never started: letting it write its profile …")
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            [path, "--no-interface", "--no-data", "--no-fonts", "--quit"],
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


def stamp(home: Home, repository: Path) -> str:
    """Digest of everything that an installed plug-in depends on."""
    python = system_python()
    version = version_of(python) if python else None
    return digest_of(str(home.root), str(version), files=_plug_in_files(repository))


def install(profile: Profile, home: Home, repository: Path, report: SetupReport) -> None:
    """Build the whole plug-in folder aside, then swap it for an older one."""
    staging, retired = _aside(profile.plug_in)
    _clear(staging, retired)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "site")
    shutil.copytree(repository / "gimp_plugin" / "neural-style", staging, ignore=ignored)
    _fill_site(staging / "site", profile, home, repository, report)
    program = staging / profile.program.name
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    if profile.plug_in.exists():
        profile.plug_in.replace(retired)
    staging.replace(profile.plug_in)
    _clear(retired)


def intact(profile: Profile) -> bool:
    """True if the plug-in folder has everything that GIMP needs."""
    return (
        os.access(profile.program, os.X_OK)
        and (profile.site / "nst_home").is_file()
        and (profile.site / "nst_server" / "__init__.py").is_file()
        and (profile.site / "zmq" / "__init__.py").is_file()
        and (profile.site / "manual" / "index.html").is_file()
    )


def remove(plug_in: Path, home: Home) -> bool:
    """Remove a plug-in folder that belongs to ``home`` and return True; leave any other alone."""
    _clear(*_aside(plug_in))
    try:
        owner = (plug_in / "site" / "nst_home").read_text(encoding="utf-8").strip()
    except OSError:
        return False
    if owner != str(home.root):
        return False
    shutil.rmtree(plug_in)
    return True


def _aside(plug_in: Path) -> tuple[Path, Path]:
    """Folders in which the next plug-in is built, and to which the previous one is moved."""
    return plug_in.with_name(".neural-style-new"), plug_in.with_name(".neural-style-old")


def _clear(*paths: Path) -> None:
    for path in paths:
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path, ignore_errors=True)


def _fill_site(
    site: Path, profile: Profile, home: Home, repository: Path, report: SetupReport
) -> None:
    package, copied = repository / "nst_server", site / "nst_server"
    copied.mkdir(parents=True)
    shutil.copyfile(package / "__init__.py", copied / "__init__.py")
    for name in CLIENT_PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package / name, copied / name, ignore=ignored)
    python = system_python()
    exact = version_of(python) if python and not profile.packaged else None
    for version in (exact,) if exact else BUNDLED:
        _add_packages(site, version, home, repository, report)
    environment.write_manual(home, repository, site / "manual", report)
    (site / "nst_home").write_text(str(home.root) + "\n", encoding="utf-8")


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
