"""``nst bridge``, and ``nst remote``, which says what leads to the bridge of another machine."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

from nst_server.client import routes
from nst_server.client.session import Client
from nst_server.client.trial import where_painted
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError

_PATIENCE_SECONDS = 60.0


def run(home: Home) -> int:
    """Join standard input and output to this machine's server, which is started if need be."""
    from nst_server.client.bridge import bridge

    if sys.stdin.isatty():
        raise NeuralStyleError(
            "bad-usage",
            "A bridge is for programs: it reads messages from standard input.",
            "Give it to another machine: nst remote use -- ssh this-machine nst bridge.",
        )
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no message
    # Without a buffer, whose lock a thread would hold that still reads when the bridge ends.
    source = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115
    bridge(home, source, sink)
    return 0


def use(home: Home, command: Sequence[str]) -> int:
    """Take the server at the other end of ``command`` from now on, once it has answered."""
    from nst_server.client.pipe_transport import PipeTransport

    if not command:
        raise NeuralStyleError(
            "bad-usage", "No command is given.", "For example: nst remote use -- ssh box nst bridge"
        )
    transport = PipeTransport(command, elsewhere=True)
    with Client.over(transport, home, timeout=_PATIENCE_SECONDS) as client:
        where = where_painted(client)
    routes.use_remote(home, command)
    print(f"From now on {where} paints, at the other end of '{shlex.join(command)}'.")
    return 0


def off(home: Home) -> int:
    """Take this machine's server again."""
    routes.use_local(home)
    print("From now on this machine paints.")
    return 0


def show(home: Home) -> int:
    """Say which server paints."""
    command = routes.remote_command(home)
    print("This machine paints." if command is None else shlex.join(command))
    return 0
