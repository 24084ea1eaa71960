"""JPEG of more than 8 bits, by imagecodecs; Pillow reads what it says beside its pixels."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np

from nst_server.pictures.metadata import Metadata, exif_of, orientation
from nst_server.pictures.reading import pillow_reader
from nst_server.pictures.reading.decoded import Decoded, check_size
from nst_server.pictures.samples import in_full_range

MAGIC = b"\xff\xd8\xff"

_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"


def bits(data: bytes) -> int:
    """Bits of a sample; 8 if the file does not say."""
    place = _frame(data)
    return 8 if place is None else data[place + 4]


def decode(data: bytes) -> Decoded:
    """The picture in 16 bits. Raises `ValueError` if it is cut short: the rest would be gray."""
    if data.rfind(_END_OF_IMAGE) < data.rfind(_START_OF_SCAN):
        raise ValueError("it is cut short")
    place = _frame(data) or 0
    height, width, channels = struct.unpack_from(">HHB", data, place + 5)
    check_size(width, height, channels)
    samples = np.asarray(imagecodecs.jpeg_decode(data))
    colors = in_full_range(samples.reshape(*samples.shape[:2], -1), bits(data))
    # Pillow does not open it, but would if it had 8 bits; and looks no further than its header.
    shallow = data[: place + 4] + b"\x08" + data[place + 5 :]
    with pillow_reader.opened(shallow) as image:
        turn = orientation(exif_of(image))
        return Decoded(colors, None, pillow_reader.profile_of(image), turn, Metadata.of(image))


def _frame(data: bytes) -> int | None:
    """Place of the marker that begins the frame's header; None if there is none."""
    file = io.BytesIO(data)
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF:
        if head[1] in _FRAMES:
            return file.tell() - 4
        file.seek(int.from_bytes(head[2:], "big") - 2, io.SEEK_CUR)
    return None
