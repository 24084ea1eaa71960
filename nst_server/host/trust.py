"""Whose a home is: what others own or may write there is not trusted, and ours is for us alone."""

from __future__ import annotations

import errno
import os
import shlex
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError

_WRITABLE_BY_OTHERS = 0o022
_MEANT_FOR_OTHERS = 0o077


def problems(home: Home) -> Iterator[NeuralStyleError]:
    """Whatever in ``home`` is another's, or may be written by others; the home may be missing.

    Nothing is changed, but that a folder of ours to which others may write is made private.
    """
    if sys.platform == "win32":  # there a user's folders are closed to others unless opened
        return
    user = os.geteuid()
    folder = next(path for path in (home.root, *home.root.parents) if path.exists())
    status = folder.stat()
    if folder != home.root:
        if user == 0 and status.st_uid != 0:
            yield _owned_by_another(home, folder, status.st_uid)
        return
    if status.st_uid not in {user, 0} or (status.st_uid != user and not home.run.exists()):
        yield _owned_by_another(home, folder, status.st_uid)
        return
    if stat.S_ISDIR(status.st_mode) and not _closed(folder, status):
        yield NeuralStyleError(
            "unwritable",
            "Others may write to {path}, and its disk does not let that be changed.",
            "Set NST_HOME to a folder on another disk.",
            path=folder,
        )
    for path, owners in _entries(home):
        with suppress(OSError):
            owner = path.lstat().st_uid
            if owner not in owners:
                yield _owned_by_another(home, path, owner)
                return  # one command mends all


def prepare(home: Home) -> None:
    """Create the folders that a server needs, for this user alone whatever the umask.

    Raises `OSError`.
    """
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in (home.run, home.place, home.logs):
        if folder != home.logs or not folder.is_symlink():  # logs may be kept elsewhere
            make_private(folder)


def make_private(folder: Path) -> None:
    """Create ``folder`` for this user alone, or make it so, whatever the umask.

    Raises `OSError`, also if it is a link or another's.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    status = folder.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise OSError(
            errno.ELOOP, f"the folder {folder.name} is a link, and its rights would change"
        )
    if sys.platform != "win32" and status.st_uid != os.geteuid():
        raise OSError(errno.EPERM, f"the folder {folder.name} belongs to {_name_of(status.st_uid)}")
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, f"{folder.name} is not a folder")
    folder.chmod(0o700)


def is_private(status: os.stat_result) -> bool:
    """True if a file with this status is ours, and nobody else may read or write it."""
    if sys.platform == "win32":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _MEANT_FOR_OTHERS


def _closed(folder: Path, status: os.stat_result) -> bool:
    """True if others may not write to a folder of ours; if they may, it is made private."""
    if status.st_mode & _WRITABLE_BY_OTHERS:
        with suppress(OSError):
            folder.chmod(0o700)  # what is in there may be as open
    return not folder.stat().st_mode & _WRITABLE_BY_OTHERS


def _entries(home: Home) -> Iterator[tuple[Path, set[int]]]:
    """Contents of the home's folder, and whose they may be: a server must write its own."""
    user = os.geteuid()
    for path in sorted(home.root.glob("*")):
        yield path, {user} if path in {home.run, home.logs} else {user, 0}
    for pattern in ("run/**/*", "logs/*"):
        for path in sorted(home.root.glob(pattern)):
            yield path, {user}


def _owned_by_another(home: Home, path: Path, owner: int) -> NeuralStyleError:
    user = _name_of(os.geteuid())
    who = {"path": path, "owner": _name_of(owner), "user": user}
    if os.geteuid() == 0:
        return NeuralStyleError(
            "unwritable",
            "{path} belongs to {owner}, whom files of root would lock out.",
            "Run this as {owner}, without sudo; or set NST_HOME to a folder of root's.",
            **who,
        )
    if path == home.root and owner != 0:
        return NeuralStyleError(
            "unwritable",
            "{path} belongs to {owner}, and not to {user}.",
            "Set NST_HOME to a folder of your own.",
            **who,
        )
    command = f"chown -R {user} {shlex.quote(str(home.root))}"
    if owner != 0:  # what may have a key of theirs in it, say, is not to be made ours
        command = f"rm -r {shlex.quote(str(path))}"
    return NeuralStyleError(
        "unwritable",
        "{path} belongs to {owner}, and not to {user}.",
        "Run: {command}",
        **who,
        command=f"sudo {command}",
    )


def _name_of(user: int) -> str:
    """The name of a user; the number of one without a name."""
    if sys.platform != "win32":
        import pwd

        with suppress(KeyError):
            return pwd.getpwuid(user).pw_name
    return str(user)
