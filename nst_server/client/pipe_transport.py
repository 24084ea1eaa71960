"""The way to a server through a command: ``nst bridge`` here or, by ssh or wsl, elsewhere.

Needs the standard library only, for a GIMP whose Python has no pyzmq.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import Any

from nst_server.client.transport import other_version
from nst_server.host.own_environment import own_environment
from nst_server.values.errors import NeuralStyleError
from nst_server.wire import framing

_WAITING_TO_BE_SENT = 64
"""Messages; credit allows fewer."""
_CHATTER = 64 * 1024
"""Most bytes that a login shell may print before the bridge's first line."""
_GRACE_SECONDS = 2.0
_LAST_WORDS = 300
_LAST_WORDS_SECONDS = 0.5

_ASKS_NOTHING = {"SSH_ASKPASS_REQUIRE": "never", "SSH_ASKPASS": "false"}
"""Has ssh ask for no password, which nobody would see in GIMP; older ones know the second only."""

_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # on Windows


class PipeTransport:
    """A command whose standard input and output are joined to a server."""

    def __init__(self, command: Sequence[str], *, elsewhere: bool = False) -> None:
        """Start ``command``. Raises `NeuralStyleError` ``server-gone`` if that fails."""
        self.elsewhere = elsewhere
        self._words = " ".join(command)
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**own_environment(os.environ), **_ASKS_NOTHING},
                start_new_session=True,  # without the terminal, in which ssh would ask too
                creationflags=_NO_WINDOW,
            )
        except OSError as error:
            raise NeuralStyleError(
                "server-gone",
                "The command to the painting server could not be started: {reason}.",
                "It is {command}; 'nst remote' changes it.",
                reason=error.strerror or error,
                command=self._words,
            ) from None
        assert isinstance(self._process.stdout, BufferedReader)
        self._output = self._process.stdout
        self._arrived: deque[list[bytes]] = deque()
        self._news = threading.Event()
        self._ended = False
        self._wrong: NeuralStyleError | None = None
        self._moved = False
        self._said: deque[bytes] = deque(maxlen=20)
        self._complaints: deque[bytes] = deque(maxlen=20)
        self._unsent: queue.Queue[Sequence[Any] | None] = queue.Queue(_WAITING_TO_BE_SENT)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        for work in (self._read, self._write):
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

    def arriving(self) -> bool:
        """True if something has come since this was last asked, even if it is no whole message."""
        moved, self._moved = self._moved, False
        return moved

    def ended(self) -> bool:
        """True if the command has ended, or closed its output."""
        return self._ended

    def verdict(self, busy: bool) -> NeuralStyleError:
        """The error for the end of the connection, with the last words of the command."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_WORDS_SECONDS)
        self._listener.join(_LAST_WORDS_SECONDS)
        if self._wrong is not None:
            return self._wrong
        lines = b"".join([*self._said, *self._complaints]).decode("utf-8", "replace").splitlines()
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        words = last[:_LAST_WORDS].removeprefix("nst: ")
        if busy:
            return _ended(words)
        if not words:
            return NeuralStyleError(
                "server-gone",
                "The painting server cannot be reached by the command {command}.",
                "Try the command in a terminal.",
                command=self._words,
            )
        return NeuralStyleError(
            "server-gone",
            "The painting server cannot be reached by the command {command}.",
            "It said: {words}",
            command=self._words,
            words=words,
        )

    def unanswered(self) -> NeuralStyleError:
        """The error for a request to which nothing comes."""
        return NeuralStyleError(
            "server-gone",
            "The painting server at the other end of {command} does not answer.",
            "Try the command in a terminal.",
            command=self._words,
        )

    def silence(self) -> NeuralStyleError:
        """The error for a server from which nothing comes during a job."""
        return NeuralStyleError(
            "server-gone",
            "The connection to the painting server fell silent before the painting was done.",
            "Its machine may be asleep, or the line broken. Try again: it is then made anew.",
        )

    def close(self) -> None:
        """Close the command's input, at which a bridge ends, and see to it that it does."""
        with contextlib.suppress(queue.Full):
            self._unsent.put_nowait(None)
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            if sys.platform == "win32":
                self._process.kill()
            else:  # and whatever it has started, of which it is the first
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def readinto(self, buffer: Any, /) -> int:
        """Read some bytes of the command's output, and note that they came."""
        count = self._output.readinto1(buffer)
        self._moved = True
        return count

    def _read(self) -> None:
        try:
            self._skip_chatter()
            while (frames := framing.get(self)) is not None:
                self._arrived.append(frames)
                self._news.set()
                if framing.is_preview(frames):
                    self._confirm()
        except NeuralStyleError as error:
            self._wrong = error
        except (ValueError, KeyError, TypeError):
            self._wrong = NeuralStyleError(
                "server-gone",
                "What comes out of the command {command} is no message.",
                "Try the command in a terminal.",
                command=self._words,
            )
        except (EOFError, OSError):
            pass  # it is the end
        self._ended = True
        self._news.set()

    def _confirm(self) -> None:
        with contextlib.suppress(queue.Full):
            self._unsent.put_nowait(framing.PREVIEW_CAME)

    def _skip_chatter(self) -> None:
        """Read up to the bridge's first line. Raises `NeuralStyleError` if another comes."""
        seen = 0
        while line := self._output.readline(1024):
            if line == framing.GREETING:
                return
            if line.startswith(framing.GREETING.split()[0] + b" "):
                raise other_version()
            seen += len(line)
            if seen > _CHATTER:
                raise NeuralStyleError(
                    "server-gone",
                    "The command {command} is no bridge to a painting server.",
                    "Try the command in a terminal.",
                    command=self._words,
                )
            self._said.append(line)

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
            self._complaints.append(line)


def _ended(words: str) -> NeuralStyleError:
    """The error for an end during a job, with the last words of the command if there are any."""
    if not words:
        return NeuralStyleError(
            "server-gone",
            "The connection to the painting server ended before the painting was done.",
            "Try again: it is then made anew.",
        )
    return NeuralStyleError(
        "server-gone",
        "The connection to the painting server ended before the painting was done.",
        "It said: {words}",
        words=words,
    )
