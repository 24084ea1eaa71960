"""Which way leads to the server of a home: its socket, or a command that is joined to one."""

from __future__ import annotations

import json
from collections.abc import Sequence

from nst_server.client.pipe_transport import PipeTransport
from nst_server.client.transport import Transport
from nst_server.host import obstacles
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.wire.connection import Connection


def transport(home: Home) -> Transport:
    """A new connection, without waiting for the server's answer.

    Raises `NeuralStyleError` ``server-gone`` or ``not-authorised``.
    """
    through_command = pipe(home)
    if through_command is not None:
        return through_command
    return direct(home)


def direct(home: Home) -> Transport:
    """A new connection to this machine's server, whatever `pipe` says. Raises as `transport`."""
    from nst_server.client.socket_transport import SocketTransport

    return SocketTransport(connection(home), home.server_log)


def connection(home: Home) -> Connection:
    """The connection of this place's server, or else of one that knew no places.

    Raises `NeuralStyleError` ``server-gone`` or ``not-authorised``.
    """
    old = home.old_connection_file
    return Connection.read(
        old if old.exists() and not home.connection_file.exists() else home.connection_file
    )


def pipe(home: Home) -> PipeTransport | None:
    """A new connection through a command: the user's, or a bridge where pyzmq does not work.

    None if the socket leads to the server. Raises `NeuralStyleError` ``server-gone`` if the setting
    is damaged or its command does not start, ``server-failed`` if there is neither pyzmq nor
    ``nst``, or as `obstacles.check`.
    """
    obstacles.check(home)  # before a command or a key of somebody else's is used
    remote = remote_command(home)
    if remote is not None:
        return PipeTransport(remote, elsewhere=True)
    if not _pyzmq_works():
        if not home.command.exists():
            raise NeuralStyleError(
                "server-failed",
                "Neural Style is not completely installed: pyzmq and {path} are missing.",
                "Run install/install.py again.",
                path=home.command,
            )
        return PipeTransport([str(home.command), "bridge"])
    return None


def _pyzmq_works() -> bool:
    """True if pyzmq can be imported: one that was made for another Python cannot."""
    try:
        import zmq  # noqa: F401
    except ImportError:
        return False
    return True


def remote_command(home: Home) -> list[str] | None:
    """The command to another machine that ``nst remote use`` was given; None without one."""
    try:
        command = json.loads(home.remote_file.read_text(encoding="utf-8"))["command"]
        if not command or not all(isinstance(word, str) for word in command):
            raise ValueError
    except OSError:  # there is none, nor could there be one
        return None
    except (ValueError, KeyError, TypeError):
        raise NeuralStyleError(
            "server-gone",
            "The file that names the remote painting server is damaged.",
            "It is {path}; 'nst remote off' removes it.",
            path=home.remote_file,
        ) from None
    return [str(word) for word in command]


def use_remote(home: Home, command: Sequence[str]) -> None:
    """Have all clients of this home take ``command``.

    Raises `OSError`, and `NeuralStyleError` as `obstacles.check`.
    """
    obstacles.check(home)
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = home.remote_file.with_suffix(".part")
    part.write_text(json.dumps({"command": list(command)}), encoding="utf-8")
    part.replace(home.remote_file)


def use_local(home: Home) -> None:
    """Have all clients of this home take the server of this machine. Raises `OSError`."""
    home.remote_file.unlink(missing_ok=True)
