"""Connect to the server of a home, starting it first if none answers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import nst_server
from nst_server import __version__
from nst_server.client import routes
from nst_server.client.session import Client
from nst_server.host import trust
from nst_server.host.home import Home
from nst_server.host.own_environment import own_environment
from nst_server.host.process_limits import undo_priority
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection
from nst_server.wire.protocol import PROTOCOL

if sys.platform == "win32":
    _DETACHED = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _DETACHED = 0
_PAUSE = 0.05
_RESTART_AFTER = 1.0
"""Seconds to wait before retrying after our server yielded to another that then did not answer."""
_ENDING_SECONDS = 10.0
"""Seconds after which that other is not just ending, but does not answer."""


def connect_or_start(
    home: Home,
    *,
    command: Sequence[str] | None = None,
    waiting: Callable[[float], None] | None = None,
    timeout: float = 30.0,
) -> Client:
    """Return a session with the running server of ``home``, which is started if none answers.

    Several callers may do this at once: the server's lock lets one server live in each place, and
    all its callers reach it. A server of an older version is replaced if it has nothing to do.
    ``waiting`` is called with the elapsed seconds about twenty times a second.
    Raises `NeuralStyleError` ``server-failed`` if the server ends or does not answer in time,
    ``busy`` if an older server is at work, or ``protocol-mismatch`` if the server is newer.
    """
    way = routes.pipe(home)
    if way is not None:  # a bridge at its other end starts the server there
        return Client.over(way, home, timeout=timeout, waiting=waiting)
    return connect_or_start_here(home, command=command, waiting=waiting, timeout=timeout)


def connect_or_start_here(
    home: Home,
    *,
    command: Sequence[str] | None = None,
    waiting: Callable[[float], None] | None = None,
    timeout: float = 30.0,
) -> Client:
    """Like `connect_or_start`, but with the server of this machine even if another is in use."""
    begun = time.monotonic()
    log_start = 0
    server: subprocess.Popen[bytes] | None = None
    start_at = 0.0
    older = _older_server(home)
    while True:
        try:
            if older is None:
                return Client.over(routes.direct(home), home, timeout=1.0)
            old_file, older = older, None  # once only: the installed version may be no newer
            _dismiss_idle(home, old_file)
        except NeuralStyleError as error:
            # A server of another home may have taken the port of a dead one: it refuses our keys.
            if error.code not in {"server-gone", "not-authorised"}:
                raise
        elapsed = time.monotonic() - begun
        code = None if server is None else server.poll()
        if code:
            raise _not_started(
                home, log_start, "The server did not start: it ended with code {code}.", code=code
            )
        if code == 0 and elapsed > (limit := min(timeout, _ENDING_SECONDS)):
            raise _mute(limit)
        if elapsed > timeout:
            raise _not_started(
                home,
                log_start,
                "The server did not start: it did not answer within {seconds} seconds.",
                seconds=f"{timeout:g}",
            )
        if (server is None or code == 0) and elapsed >= start_at:
            if server is None:
                log_start = _size(home.server_log)
            server = _start(home, command or _default_command(home))
            start_at = elapsed + _RESTART_AFTER
        if waiting is not None:
            waiting(elapsed)
        time.sleep(_PAUSE)


def _older_server(home: Home) -> Path | None:
    """The connection file of a server that may be older than this client; None without one."""
    for path in (home.old_connection_file, home.connection_file):
        with suppress(NeuralStyleError):
            if _is_older(Connection.read(path)) or path == home.old_connection_file:
                return path
    return None


def _is_older(server: Connection) -> bool:
    return (server.protocol, _number(server.version)) < (PROTOCOL, _number(__version__))


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _dismiss_idle(home: Home, connection_file: Path) -> None:
    """Tell an older server to end. Raises ``busy`` if it has jobs, or ``server-gone``."""
    from nst_server.client.socket_transport import SocketTransport

    connection = Connection.read(connection_file)
    with Client(SocketTransport(connection, home.server_log), home) as client:
        try:
            client.greet(connection.protocol, timeout=1.0)
        except NeuralStyleError:
            # Of the old files one of a server that is unreachable would be tried again each time.
            # If that server lives elsewhere, it ends when nobody finds it and it has no jobs.
            if connection_file == home.old_connection_file:
                with suppress(OSError):
                    connection_file.unlink()
            raise
        if client.status()["jobs"]:
            raise NeuralStyleError(
                "busy",
                "A server of the older version {old} is still painting.",
                "Try again when it is done, or end it with 'nst stop'.",
                old=connection.version,
            )
        client.dismiss()


def server_environment(home: Home, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return ``inherited`` without settings of other programs, plus ``NST_HOME``."""
    environment = own_environment(inherited)
    environment["NST_HOME"] = str(home.root)
    if not home.python.exists():  # run from a source folder, by this interpreter
        environment["PYTHONPATH"] = str(Path(nst_server.__file__).parent.parent)
    return environment


def _default_command(home: Home) -> list[str]:
    if home.python.exists():
        return [str(home.python), "-I", "-m", "nst_server", "serve"]
    return [sys.executable, "-m", "nst_server", "serve"]


def _start(home: Home, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the server so that it outlives this process and writes its output to the log."""
    try:
        trust.prepare(home)
    except OSError as error:
        raise NeuralStyleError(
            "server-failed",
            "The server cannot write to {path}: {reason}.",
            "Set NST_HOME to a folder of yours on a disk that can be written.",
            path=home.root,
            reason=error.strerror,
        ) from None
    try:
        with home.server_log.open("ab") as log:
            server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=home.root,
                env=server_environment(home, os.environ),
                start_new_session=True,
                creationflags=_DETACHED,
            )
    except OSError as error:
        raise NeuralStyleError(
            "server-failed",
            "The server could not be started: {reason}.",
            "'nst doctor' says what is wrong with the installation.",
            reason=error.strerror or error,
        ) from None
    undo_priority(server.pid)
    return server


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _mute(seconds: float) -> NeuralStyleError:
    """The error for a server that has the lock but does not answer; it may be stopped, say."""
    return NeuralStyleError(
        "server-failed",
        "The server runs, but has not answered within {seconds} seconds.",
        "End it with 'nst stop' and try again.",
        seconds=f"{seconds:g}",
    )


def _not_started(home: Home, log_start: int, sentence: str, **values: object) -> NeuralStyleError:
    """Return the error of a failed start, with the last line logged since ``log_start``."""
    try:
        with home.server_log.open("rb") as log:
            log.seek(log_start)
            lines = log.read().decode("utf-8", "replace").split("\n")
    except OSError:
        lines = []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    if last.endswith("No module named nst_server"):  # a sandbox's or distribution's update
        return NeuralStyleError(
            "server-failed",
            "The server is installed for another version of Python than there is now.",
            "Run install/install.py again.",
        )
    if not last:
        return NeuralStyleError(
            "server-failed", sentence, "Its log is {log}.", log=home.server_log, **values
        )
    return NeuralStyleError(
        "server-failed",
        sentence,
        "Its log is {log}. Its last words: {words}",
        log=home.server_log,
        words=last[:300],
        **values,
    )
