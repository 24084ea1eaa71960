"""Messages to clients: to one that is stopped or asleep, those that matter wait until it reads."""

from __future__ import annotations

from collections import deque

import zmq

from nst_server.wire.protocol import PATIENCE_SECONDS, Message

_MOST_KEPT = 64
"""Messages for one client; it gets chunks against its own credit only, so they are small."""

_DISPENSABLE = {"ping", "progress"}


class Outbox:
    """Sends without waiting; ``lost`` are the clients that have turned out to be gone."""

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self.lost: set[bytes] = set()
        self._socket = socket
        self._kept: dict[bytes, deque[Message]] = {}
        self._since: dict[bytes, float] = {}

    def send(self, client: bytes, message: Message, now: float) -> None:
        """Send a message, or keep it if it matters and the client has too many unread."""
        if client not in self._kept and self._is_sent(client, message):
            return
        if message.kind in _DISPENSABLE or client in self.lost:
            return
        kept = self._kept.setdefault(client, deque())
        self._since.setdefault(client, now)
        kept.append(message)
        if len(kept) > _MOST_KEPT:
            self.lost.add(client)

    def send_kept(self, now: float) -> None:
        """Send what was kept for clients that read again."""
        for client, kept in list(self._kept.items()):
            while kept and self._is_sent(client, kept[0]):
                kept.popleft()
            if now - self._since[client] > PATIENCE_SECONDS:
                self.lost.add(client)
            if not kept or client in self.lost:
                self.forget(client)

    def forget(self, client: bytes) -> None:
        """Keep nothing for a client any more."""
        self._kept.pop(client, None)
        self._since.pop(client, None)

    def _is_sent(self, client: bytes, message: Message) -> bool:
        """Try to send; a client that is gone counts as served, and as lost."""
        try:
            self._socket.send_multipart([client, *message.to_frames()], zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self.lost.add(client)
        return True
