"""Signals delivered through a socket that can be polled."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def wake_at_signals(stop: Callable[[], None]) -> Iterator[socket.socket]:
    """Yield a socket that becomes readable when this process gets a signal; main thread only.

    A signal that asks the process to end calls ``stop``; the end of a child only wakes it.
    """
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    handlers: dict[int, Callable[[int, object], None]] = {
        getattr(signal, name): lambda *_: stop()
        for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGXCPU")
        if hasattr(signal, name)
    }
    if hasattr(signal, "SIGCHLD"):
        handlers[signal.SIGCHLD] = lambda *_: None  # even a handler that does nothing wakes
    old_handlers = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    old_wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(old_wakeup)
        for number, handler in old_handlers.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()
