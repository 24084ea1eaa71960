"""Access control of the broker: CURVE keys, one set for each of its sockets."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import zmq
from zmq.auth.thread import ThreadAuthenticator


@dataclass(frozen=True)
class KeyPair:
    """A CURVE key pair in Z85."""

    public: bytes
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> KeyPair:
        """Generate a pair."""
        return cls(*zmq.curve_keypair())


class KnownKeys:
    """Client keys that are admitted, by ZAP domain; all others are rejected.

    A context manager that answers ZeroMQ's authentication requests while it is entered. Enter it
    before binding a socket.
    """

    def __init__(self, context: zmq.Context[Any]) -> None:
        self._authenticator = ThreadAuthenticator(context)
        self._keys: dict[str, frozenset[bytes]] = {}

    def __enter__(self) -> KnownKeys:
        self._authenticator.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self.answers:  # nobody would take the message with which `stop` begins
            self._authenticator.pipe.close(linger=0)
            self._authenticator.pipe = None  # type: ignore[assignment]
        self._authenticator.stop()

    @property
    def answers(self) -> bool:
        """False once the thread that answers has ended: from then on nobody is admitted."""
        return self._authenticator.is_alive()

    def allow(self, domain: str, key: bytes) -> None:
        """Admit ``key`` at ``domain`` from now on."""
        self._keys[domain] = self._keys.get(domain, frozenset()) | {key}

    def forget(self, domain: str, key: bytes) -> None:
        """Admit ``key`` at ``domain`` no more."""
        self._keys[domain] = self._keys.get(domain, frozenset()) - {key}

    def callback(self, domain: str, key: bytes) -> bool:
        """Return True if ``domain`` admits ``key``; pyzmq calls this in a separate thread."""
        return key in self._keys.get(domain, frozenset())

    def secure(self, socket: zmq.Socket[bytes], domain: str, keys: KeyPair) -> None:
        """Make ``socket`` a CURVE server with ``keys`` in ``domain``."""
        socket.curve_server = True
        socket.curve_publickey = keys.public
        socket.curve_secretkey = keys.secret
        socket.zap_domain = domain.encode()
        self._authenticator.configure_curve_callback(domain, self)
