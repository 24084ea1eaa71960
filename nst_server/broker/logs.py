"""Where the server writes what happened."""

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

    The broker is the only writer while it runs: what a worker prints passes through it. The
    output of a start that fails before this goes to the same file, by the launcher.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        RotatingFileHandler(path, maxBytes=_MAXIMUM_BYTES, backupCount=_OLD_FILES, encoding="utf-8")
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
