"""Signals as something to poll for."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def wake_at_signals(stop: Callable[[], None]) -> Iterator[socket.socket]:
    """A socket that becomes readable when this process gets a signal; only in the main thread.

    Those that ask it to end call ``stop``; the end of a child just wakes.
    """
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    handlers: dict[int, Callable[[int, object], None]] = {
        getattr(signal, name): lambda *_: stop()
        for name in ("SIGTERM", "SIGINT", "SIGHUP")
        if hasattr(signal, name)
    }
    if hasattr(signal, "SIGCHLD"):
        handlers[signal.SIGCHLD] = lambda *_: None  # a handler, even an idle one, wakes
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    before_wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(before_wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()
