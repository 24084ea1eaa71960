"""The way to a server through a command: ``nst bridge`` here or, by ssh or wsl, elsewhere.

Needs the standard library only, for a GIMP whose Python has no pyzmq.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import IO, Any

from nst_server.host.own_environment import own_environment
from nst_server.values.errors import NeuralStyleError
from nst_server.wire import framing

_WAITING_TO_BE_SENT = 64
"""Messages; credit allows fewer."""
_CHATTER = 64 * 1024
"""Most bytes that a login shell may print before the bridge's first line."""
_GRACE_SECONDS = 2.0
_LAST_WORDS = 300

_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # on Windows


class PipeTransport:
    """A command whose standard input and output are joined to a server."""

    def __init__(self, command: Sequence[str], *, elsewhere: bool = False) -> None:
        """Start ``command``. Raises `NeuralStyleError` ``server-gone`` if that fails."""
        self.elsewhere = elsewhere
        self._command = list(command)
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Without a terminal ssh asks for no password, which nobody would see in GIMP.
                env={**own_environment(os.environ), "SSH_ASKPASS_REQUIRE": "never"},
                start_new_session=True,
                creationflags=_NO_WINDOW,
            )
        except OSError as error:
            raise NeuralStyleError(
                "server-gone",
                "The command to the painting server could not be started: {reason}.",
                "It is {command}; 'nst remote' changes it.",
                reason=error.strerror or error,
                command=" ".join(self._command),
            ) from None
        self._arrived: deque[list[bytes]] = deque()
        self._news = threading.Event()
        self._ended = False
        self._wrong = ""
        self._said: deque[bytes] = deque(maxlen=20)
        self._unsent: queue.Queue[Sequence[Any] | None] = queue.Queue(_WAITING_TO_BE_SENT)
        for work in (self._read, self._write, self._listen):
            threading.Thread(target=work, daemon=True).start()

    def send(self, frames: Sequence[Any]) -> None:
        """Pass a message on. Raises `NeuralStyleError` ``server-gone``."""
        try:
            self._unsent.put_nowait(frames)
        except queue.Full:
            raise NeuralStyleError(
                "server-gone",
                "The way to the painting server does not take any messages.",
                "Try again.",
            ) from None

    def wait(self, seconds: float) -> None:
        """Return when there is something to receive, or after so long."""
        self._news.wait(max(0.0, seconds))
        self._news.clear()

    def received(self) -> Iterator[Sequence[Any]]:
        """The messages that have arrived."""
        while self._arrived:
            yield self._arrived.popleft()

    def ended(self) -> bool:
        """True if the command has ended, or closed its output."""
        return self._ended

    def verdict(self, busy: bool) -> NeuralStyleError:
        """The error for the end of the connection, with the last words of the command."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        lines = b"".join(self._said).decode("utf-8", "replace").splitlines()
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        words = self._wrong or last[:_LAST_WORDS].removeprefix("nst: ")
        if busy:
            return NeuralStyleError(
                "server-gone",
                "The connection to the painting server ended before the painting was done.",
                "It said: {words}",
                words=words or "–",
            )
        if not words:
            return NeuralStyleError(
                "server-gone",
                "The painting server cannot be reached by the command {command}.",
                "Try the command in a terminal.",
                command=" ".join(self._command),
            )
        return NeuralStyleError(
            "server-gone",
            "The painting server cannot be reached by the command {command}.",
            "It said: {words}",
            command=" ".join(self._command),
            words=words,
        )

    def unanswered(self) -> NeuralStyleError:
        """The error for a request to which nothing comes."""
        return NeuralStyleError(
            "server-gone",
            "The painting server at the other end of {command} does not answer.",
            "Try the command in a terminal.",
            command=" ".join(self._command),
        )

    def close(self) -> None:
        """Close the command's input, at which a bridge ends, and see to it that it does."""
        with contextlib.suppress(queue.Full):
            self._unsent.put_nowait(None)
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        try:
            _skip_chatter(stream)
            while (frames := framing.get(stream)) is not None:
                self._arrived.append(frames)
                self._news.set()
        except (ValueError, OSError) as error:
            self._wrong = str(error)
        self._ended = True
        self._news.set()

    def _write(self) -> None:
        stream = self._process.stdin
        assert stream is not None
        with contextlib.suppress(OSError):  # the reader notices the end
            while (frames := self._unsent.get()) is not None:
                framing.put(stream, frames)
        with contextlib.suppress(OSError):
            stream.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._said.append(line)


def _skip_chatter(stream: IO[bytes]) -> None:
    """Read up to the bridge's first line. Raises `ValueError` if it does not come."""
    seen = 0
    said = b""
    while line := stream.readline(1024):
        if line == framing.GREETING:
            return
        if line.startswith(framing.GREETING.split()[0] + b" "):
            raise ValueError(f"it is {line.decode('ascii', 'replace').strip()}, of another version")
        seen += len(line)
        said = line
        if seen > _CHATTER:
            break
    if said:
        words = said.decode("utf-8", "replace").strip()[:_LAST_WORDS]
        raise ValueError(f"the command is no bridge of this version, but says: {words}")
