"""A way to the server: what a session needs of it, whether it is a socket or a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from nst_server.values.errors import NeuralStyleError


class Transport(Protocol):
    """Carries messages as lists of frames. Nothing waits but `wait`."""

    elsewhere: bool
    """True if the user chose a server of another machine."""

    def send(self, frames: Sequence[Any]) -> None:
        """Pass a message on. Raises `NeuralStyleError` ``server-gone`` if that is impossible."""

    def wait(self, seconds: float) -> None:
        """Return when there is something to receive, or after so long."""

    def received(self) -> Iterator[Sequence[Any]]:
        """The messages that have arrived."""

    def arriving(self) -> bool:
        """True if something has come since this was last asked, even if it is no whole message."""

    def ended(self) -> bool:
        """True if the server is not, or no longer, at the other end.

        Messages that arrived before can still be received.
        """

    def verdict(self, busy: bool) -> NeuralStyleError:
        """The error for that end, with or without a job under way."""

    def unanswered(self) -> NeuralStyleError:
        """The error for a request to which nothing comes."""

    def silence(self) -> NeuralStyleError:
        """The error for a server from which nothing comes during a job."""

    def close(self) -> None:
        """End the connection; may be called again."""


def unreachable(sentence: str, **values: object) -> NeuralStyleError:
    """An error that says how a server is started."""
    return NeuralStyleError("server-gone", sentence, "Start it with 'nst serve'.", **values)


def other_version() -> NeuralStyleError:
    """The error for a bridge or a server that cannot understand this client."""
    return NeuralStyleError(
        "protocol-mismatch",
        "Neural Style on the other machine is of another version, which this one cannot talk to.",
        "Install the same version on both.",
    )
