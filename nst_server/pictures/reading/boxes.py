"""Boxes of the ISO base media format, of which JPEG 2000 and JPEG XL files consist."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and contents of each box at the top of ``data``; a broken one ends it."""
    file = io.BytesIO(data)
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        header = 8
        if length == 1:
            length, header = int.from_bytes(file.read(8), "big"), 16
        if length == 0:  # to the end of the file
            yield kind, file.read()
            return
        if length < header:
            return
        yield kind, file.read(length - header)
