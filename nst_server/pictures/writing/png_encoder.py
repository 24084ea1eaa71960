"""PNG files of 16 bits, by imagecodecs; Pillow reduces colors to eight."""

from __future__ import annotations

import io
import struct
import zlib

import imagecodecs
import numpy as np
from PIL import PngImagePlugin

from nst_server.pictures.metadata import RECIPE
from nst_server.pictures.samples import Samples
from nst_server.pictures.writing.beside import Beside

_HEADER = 33
"""Length of the signature and the first chunk; all other chunks follow."""


def encoded(samples: Samples, beside: Beside) -> bytes:
    """Encode RGB, or RGB and straight alpha, as a whole file."""
    plain = imagecodecs.png_encode(np.ascontiguousarray(samples), level=3)
    chunks = text_chunks(beside)
    if beside.profile:
        chunks.add(b"iCCP", b"ICC Profile\0\0" + zlib.compress(beside.profile))
    if beside.dpi:
        across, down = (round(dpi / 0.0254) for dpi in beside.dpi)
        chunks.add(b"pHYs", struct.pack(">IIB", across, down, 1))
    if beside.exif is not None:
        chunks.add(b"eXIf", beside.exif.tobytes().removeprefix(b"Exif\0\0"))
    whole = io.BytesIO()
    whole.write(plain[:_HEADER])
    for name, content, *_ in chunks.chunks:
        PngImagePlugin.putchunk(whole, name, content)
    whole.write(plain[_HEADER:])
    return whole.getvalue()


def text_chunks(beside: Beside) -> PngImagePlugin.PngInfo:
    """The chunks that Pillow writes only if they are handed to it: cICP, recipe and XMP."""
    chunks = PngImagePlugin.PngInfo()
    if beside.cicp:
        chunks.add(b"cICP", beside.cicp)
    if beside.recipe:
        chunks.add_itxt(RECIPE, beside.recipe)
    if beside.xmp:
        chunks.add_itxt("XML:com.adobe.xmp", beside.xmp.decode("utf-8", "replace"))
    return chunks
