"""The server's log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

_MAXIMUM_BYTES = 2**20
_OLD_FILES = 3


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Write this package's log to ``path``, which rotates, and to a terminal if there is one.

    The broker is the only writer while it runs: a worker's output passes through it. If a start
    fails before this, its output is in the same file, to which the launcher directs it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        RotatingFileHandler(
            path,
            maxBytes=_MAXIMUM_BYTES,
            backupCount=_OLD_FILES,
            encoding="utf-8",
            errors="backslashreplace",  # else an odd name is told on standard error: in this file
        )
    ]
    if sys.stderr is not None and sys.stderr.isatty():
        handlers.append(logging.StreamHandler())
    logger = logging.getLogger("nst_server")
    logger.setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()
