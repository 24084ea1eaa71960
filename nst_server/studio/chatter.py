"""Silence for what libraries print by themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def without_chatter() -> Iterator[None]:
    """Hide what libraries print by themselves; a failure still arrives as an exception.

    TensorFlow's are silenced by their log level only later than they are loaded and find devices,
    and those that decode pictures warn of anything odd. One thread at a time.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with suppress(AttributeError, OSError):  # a program without a console has none
        sys.stderr.flush()
    stderr_copy = os.dup(2)
    null_device = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null_device, 2)
        yield
    finally:
        os.dup2(stderr_copy, 2)
        os.close(null_device)
        os.close(stderr_copy)
