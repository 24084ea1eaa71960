"""Malformed messages in great number, and the memory that they cost the server."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from nst_server.host.home import Home
from nst_server.host.memory import peak_memory
from nst_server.wire.events import Finished, Painting
from nst_server.wire.protocol import Message
from tests.endurance.drafts import draft, long_draft
from tests.endurance.trial import Extent, Section
from tests.support.servers import Peer, Server, finish, serve_command, start, wait_for

_BATCH = 20
"""Fewer than a server keeps for who does not read: else its answers may be lost."""
_BATCHES_OF_PEER = 50
_KINDS = ("hello", "chunk", "credit", "cancel", "keep", "welcome", "progress", "nothing")
_ODD: tuple[Any, ...] = (None, True, -1, 3.5, 2**70, "", "x" * 2000, "\ud800", [], {}, [[1]])
_HEADER = Message("submit", {"job": "a", "request": draft().to_wire()}).to_frames()[0]


def _malformed(source: random.Random) -> list[bytes]:
    """A message that is none: a good one damaged, fields without sense, noise, frames."""
    match source.randrange(4):
        case 0:
            damaged = bytearray(_HEADER)
            for _ in range(source.randint(1, 8)):
                damaged[source.randrange(len(damaged))] = source.randrange(256)
            return [bytes(damaged[: source.randint(1, len(damaged))])]
        case 1:
            names = source.sample(["job", "offset", "length", "chunks", "request", "protocol"], 3)
            fields = {name: source.choice(_ODD) for name in names}
            return Message("status", {**fields, "kind": source.choice(_KINDS)}).to_frames()
        case 2:
            return [source.randbytes(source.randrange(300))]
        case _:
            return [source.randbytes(8) for _ in range(source.randrange(2, 20))]


def trial(extent: Extent, folder: Path) -> Section:
    """Send them as fast as they are answered, while a job is painted beside them."""
    source = random.Random(5)
    answers: Counter[str] = Counter()
    with closing(start(Home(folder / "home"), serve_command())) as server:
        client = server.connect()
        client.submit(long_draft())
        wait_for(client, Painting)
        before = peak_memory(server.process.pid) or 0
        begun = time.monotonic()
        sent = iterates = 0
        while sent < extent.messages:
            with Peer(server.home) as peer:
                for _ in range(_BATCHES_OF_PEER):
                    answers += _batch(peer, source)
                    sent += _BATCH
                    iterates += len(client.poll())
                    if sent >= extent.messages:
                        break
        seconds = time.monotonic() - begun
        client.keep()
        last = finish(client)[-1]
        after = peak_memory(server.process.pid) or 0
        wrong = _wrong(server, answers)
        if not isinstance(last, Finished):
            wrong.append(f"The job beside them ended with {last}.")
        log = server.home.server_log.stat().st_size
    refused = ", ".join(f"{count} {code}" for code, count in answers.most_common())
    return Section(
        "Damaged headers, fields without sense, noise and too many frames, from clients with the "
        f"right key that end after {_BATCH * _BATCHES_OF_PEER} messages; a job of the scripted "
        "worker is painted beside them. Memory is the server's peak.",
        ("Measured", "Figure"),
        [
            ("Messages", f"{sent}, {sent / seconds:.0f} a second"),
            ("Refused, by code", refused),
            ("Server's memory", f"{before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after"),
            ("Its log", f"{log / 1e6:.2f} MB"),
            ("The job beside them", f"{iterates} events meanwhile; {type(last).__name__}"),
        ],
        wrong,
    )


def _batch(peer: Peer, source: random.Random) -> Counter[str]:
    """The codes of the errors that come for some messages."""
    codes: Counter[str] = Counter()
    for _ in range(_BATCH):
        peer.send_frames(_malformed(source))
    peer.send("status")
    while (message := peer.expect("error", "failed", "status")).kind != "status":
        codes[message.fields["error"]["code"]] += 1
    return codes


def _wrong(server: Server, answers: Counter[str]) -> list[str]:
    """An error of the server's own, instead of an answer."""
    wrong = [f"{code} was told." for code in ("internal", "server-failed") if answers[code]]
    return wrong + (["The log has a traceback."] if "Traceback" in server.log else [])
