"""Standard streams that are closed, full or of another encoding, and signals that end a command."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from nst_server.values.errors import NeuralStyleError

NOBODY_READS = 141
"""Exit code when the reader of standard output has gone, as a shell tells of SIGPIPE."""


def prepare() -> None:
    """Open those that are closed on nothing, and let the others show any name."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which gets the lowest number that is free: this one
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - for as long as we run
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    if sys.stdout is sys.__stdout__ and isinstance(sys.stdout, io.TextIOWrapper):
        # Held back until `flush`, so that a full disk is noticed there; errors have their own way.
        sys.stdout.reconfigure(errors="replace", write_through=False)


def flush() -> None:
    """Write what standard output holds back.

    Raises `NeuralStyleError` ``unwritable``, or `BrokenPipeError` if nobody reads it any more.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(sys.stdout)
        raise NeuralStyleError(
            "unwritable", f"Standard output could not be written: {error.strerror}."
        ) from None


def silence(stream: TextIO) -> None:
    """Send what is left in ``stream`` nowhere, lest it fail again when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let the signals that end a process end this one tidily, by `SystemExit`; main thread only."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if before[number] is signal.SIG_DFL:  # nohup ignores one, and so do we
            signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
