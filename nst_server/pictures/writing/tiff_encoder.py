"""TIFF files of 8 or 16 bits, by tifffile.

Pillow reduces colors to eight bits, and writes no EXIF into a compressed TIFF.
"""

from __future__ import annotations

import io
import struct
from typing import Any

import tifffile
from PIL import ExifTags, Image, TiffImagePlugin

from nst_server.pictures.metadata import SUB_DIRECTORIES
from nst_server.pictures.samples import Samples
from nst_server.pictures.writing.beside import Beside


def encoded(samples: Samples, beside: Beside) -> bytes:
    """Encode RGB, or RGB and straight alpha, as a whole file."""
    exif = Image.Exif() if beside.exif is None else beside.exif
    directories = {tag: entries for tag in SUB_DIRECTORIES if (entries := exif.get_ifd(tag))}
    # tifffile writes no EXIF: tags numbered one lower reserve room for the pointers to it.
    extra: list[Any] = [(tag - 1, "I", 1, 0, True) for tag in directories]
    extra += [(tag, "s", 0, exif[tag].encode(), True) for tag in exif if isinstance(exif[tag], str)]
    if beside.xmp:
        extra.append((ExifTags.Base.XMLPacket, "B", len(beside.xmp), beside.xmp, True))
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        samples,
        photometric="rgb",
        extrasamples=["unassalpha"] if samples.shape[2] == 4 else None,
        compression="zlib",
        predictor=True,
        byteorder="<",
        metadata=None,
        software=False,
        iccprofile=beside.profile,
        resolution=beside.dpi,
        resolutionunit="inch" if beside.dpi else None,
        extratags=sorted(extra),
    )
    file.seek(0)
    with tifffile.TiffFile(file) as written:
        tag_offsets = {tag: written.pages.first.tags[tag - 1].offset for tag in directories}
    whole = bytearray(file.getvalue())
    for tag, entries in directories.items():
        whole += b"\0" * (len(whole) % 2)
        offset = len(whole)
        directory = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0")
        for entry, value in entries.items():
            directory[entry] = value
        whole += directory.tobytes(offset)
        struct.pack_into("<HHII", whole, tag_offsets[tag], tag, 4, 1, offset)
    return bytes(whole)
