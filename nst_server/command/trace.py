"""The trace of a painting: its progress as a JSONL file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nst_server.values.errors import NeuralStyleError

Trace = Callable[[dict[str, Any]], None]
"""Function that writes down an entry of progress."""


@contextmanager
def tracing(path: Path | None) -> Iterator[Trace]:
    """Yield a function that writes an entry to a JSONL file, or does nothing without a path.

    Raises `NeuralStyleError` ``unwritable``; a later failure ends the trace but not the painting.
    """
    if path is None:
        yield lambda _: None
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise NeuralStyleError(
            "unwritable", f"{path} cannot be written: {error.strerror}.", "Choose another place."
        ) from None

    def write(entry: dict[str, Any]) -> None:
        if not file.closed:
            try:
                print(json.dumps(entry), file=file, flush=True)
            except OSError as error:
                print(f"{path} ends here: {error.strerror}.", file=sys.stderr)
                with suppress(OSError):
                    file.close()

    try:
        yield write
    finally:
        with suppress(OSError):
            file.close()
