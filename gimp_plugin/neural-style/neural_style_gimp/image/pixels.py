"""Read and write GEGL buffers in strips, so that no whole picture is ever held in memory."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neural_style_gimp.image.gimp import Gegl
from nst_server.values.geometry import Box
from nst_server.wire.spool import Spool

_STRIP_PIXELS = 2**20
_TILE_ROWS = 128
"""Rows of a GEGL tile; with strips of whole tiles, no tile is read twice."""

_CACHE_BYTES = 64 * 2**20

COMPONENTS = {"uint8": "u8", "uint16": "u16", "float32": "float"}
"""Babl's names for the sample types that are sent."""


@dataclass(frozen=True)
class Pixels:
    """Pixels of one box: rows from the top without padding, in a Babl format."""

    box: Box
    format: str
    data: Spool

    def cut(self, part: Box) -> bytes:
        """The pixels of ``part``, a box inside `box`."""
        row = self.data.length // self.box.height
        inner = part.relative_to(self.box)
        rows = self.data.read(inner.y * row, inner.height * row)
        if part.width == self.box.width:
            return rows
        pixel = row // self.box.width
        left, right = inner.x * pixel, inner.right * pixel
        return b"".join(rows[y + left : y + right] for y in range(0, len(rows), row))


def color_format(sample: str, alpha: bool) -> str:
    """Babl's name for sRGB-encoded color, with or without straight alpha."""
    return f"R'G'B'{'A' if alpha else ''} {COMPONENTS[sample]}"


def mask_format(sample: str) -> str:
    """Babl's name for a selection or a layer mask."""
    return f"Y {COMPONENTS[sample]}"


def limit_cache() -> None:
    """Limit GEGL's cache in this process to a few strips of a layer."""
    Gegl.config().set_property("tile-cache-size", _CACHE_BYTES)


def strips(box: Box) -> Iterator[Box]:
    """Split ``box`` into strips of some megabytes."""
    rows = max(1, _STRIP_PIXELS // box.width)
    return box.strips(rows - rows % _TILE_ROWS if rows > _TILE_ROWS else rows)


def get(buffer: Any, box: Box, format: str, *, shift: tuple[int, int] = (0, 0)) -> bytes:
    """Read the pixels of a small ``box``, which is shifted by ``shift`` in the buffer.

    Pixels outside the buffer read as 0.
    """
    rectangle = _rectangle(box.moved(*shift))
    return bytes(buffer.get(rectangle, 1.0, format, Gegl.AbyssPolicy.NONE))


def read(
    buffer: Any, box: Box, format: str, folder: Path, *, shift: tuple[int, int] = (0, 0)
) -> Pixels:
    """Like `get`, but of any size, into a file in ``folder``. Raises `NeuralStyleError`."""
    spool, end = None, 0
    for strip in strips(box):
        data = get(buffer, strip, format, shift=shift)
        if spool is None:
            spool = Spool.new(len(data) // strip.height * box.height, folder)
        spool.write(end, data)
        end += len(data)
    assert spool is not None  # no box is empty
    return Pixels(box, format, spool)


def digest(buffer: Any, box: Box, format: str, *, shift: tuple[int, int] = (0, 0)) -> bytes:
    """Digest of the pixels of a box of any size; arguments as for `get`."""
    whole = hashlib.blake2b(digest_size=16)
    for strip in strips(box):
        whole.update(get(buffer, strip, format, shift=shift))
    return whole.digest()


def write(buffer: Any, pixels: Pixels, part: Box, *, shift: tuple[int, int] = (0, 0)) -> None:
    """Write the pixels of ``part`` into the buffer, ``shift`` from where they were read.

    The buffer is flushed, but the caller must `release` it before GIMP takes it over.
    """
    for strip in strips(part):
        buffer.set(_rectangle(strip.moved(*shift)), pixels.format, pixels.cut(strip))
    buffer.flush()


def copy(source: Any, box: Box, target: Any) -> None:
    """Copy the pixels of ``box`` to the origin of ``target``, which the caller must `release`."""
    corner = _rectangle(Box(0, 0, box.width, box.height))
    source.copy(_rectangle(box), Gegl.AbyssPolicy.NONE, target, corner)
    target.flush()


def multiply(mask: Any, factor: Any, box: Box) -> None:
    """Multiply ``mask`` by the part ``box`` of ``factor``; the caller must `release` both."""
    original = Gegl.Buffer.new("Y float", 0, 0, box.width, box.height)
    copy(mask, Box(0, 0, box.width, box.height), original)
    graph = Gegl.Node()
    mask_node = _node(graph, "gegl:buffer-source", buffer=original)
    factor_node = _node(graph, "gegl:buffer-source", buffer=factor)
    moved = _node(graph, "gegl:translate", x=-box.x, y=-box.y)
    product = _node(graph, "gegl:multiply")
    result = _node(graph, "gegl:write-buffer", buffer=mask)
    factor_node.link(moved)
    mask_node.link(product)
    moved.connect_to("output", product, "aux")
    product.link(result)
    result.process()
    mask.flush()


def _node(graph: Any, operation: str, **properties: Any) -> Any:
    node = graph.create_child(operation)
    for name, value in properties.items():
        node.set_property(name, value)
    return node


def release() -> None:
    """Free unreferenced buffers: GIMP kills a plug-in that holds a buffer of a deleted layer."""
    gc.collect()


def _rectangle(box: Box) -> Any:
    return Gegl.Rectangle.new(box.x, box.y, box.width, box.height)
