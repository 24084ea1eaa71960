"""LZW in TIFF files, by libtiff: imagecodecs' own decoder crashed on damaged codes (2026.3.6)."""

from __future__ import annotations

import io
import math
import struct
import zlib

import imagecodecs
import tifffile

_LZW, _DEFLATE = tifffile.COMPRESSION.LZW, tifffile.COMPRESSION.ADOBE_DEFLATE
_HIGH_BIT_FIRST = tifffile.FILLORDER.MSB2LSB


def deflate(page: tifffile.TiffPage, file: io.BytesIO) -> None:
    """Compress the segments of an LZW page anew, behind the others in ``file``.

    Deflate is a compression that tifffile decodes safely. Raises what libtiff raises.
    """
    data = file.getvalue()
    places: list[tuple[int, int]] = []
    for index, (offset, count) in enumerate(
        zip(page.dataoffsets, page.databytecounts, strict=True)
    ):
        codes = data[offset : offset + count]
        plain = _decoded(codes, _size(page, index), page.fillorder) if count else b""
        deflated = zlib.compress(plain, 1) if count else b""
        places.append((file.seek(0, io.SEEK_END), len(deflated)))
        file.write(deflated)
    page.dataoffsets, page.databytecounts = zip(*places, strict=True)
    page.compression, page.fillorder = _DEFLATE, _HIGH_BIT_FIRST


def _size(page: tifffile.TiffPage, index: int) -> int:
    """Bytes of a strip or a tile; the lowest strip may have fewer rows."""
    if page.is_tiled:
        rows, columns = page.tilelength, page.tilewidth
    else:
        top = index % math.ceil(page.imagelength / page.rowsperstrip) * page.rowsperstrip
        rows, columns = min(page.rowsperstrip, page.imagelength - top), page.imagewidth
    samples = page.samplesperpixel if page.planarconfig == tifffile.PLANARCONFIG.CONTIG else 1
    return rows * math.ceil(columns * samples * page.bitspersample / 8)


def _decoded(codes: bytes, size: int, fill_order: int) -> bytes:
    """LZW codes decoded as what they are to libtiff: one row of gray in a TIFF of its own."""
    short, long = 3, 4
    tags = (
        (256, long, size),  # width
        (257, long, 1),
        (258, short, 8),  # bits of a sample
        (259, short, _LZW),
        (262, short, 1),  # black is zero
        (266, short, fill_order),
        (273, long, 8),  # place of the only strip
        (277, short, 1),
        (278, long, 1),
        (279, long, len(codes)),
    )
    codes_and_padding = codes + bytes(len(codes) % 2)
    whole = b"II*\0" + struct.pack("<I", 8 + len(codes_and_padding)) + codes_and_padding
    whole += struct.pack("<H", len(tags))
    whole += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    decoded: bytes = imagecodecs.tiff_decode(whole + bytes(4), index=0).tobytes()
    return decoded
