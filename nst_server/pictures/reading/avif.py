"""AVIF, by Pillow, in the color space that the file tells by numbers where it has no profile.

Pillow tells ICC profiles only. The numbers are those of ITU-T H.273.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from nst_server.pictures import color_profiles
from nst_server.pictures.reading import pillow_reader
from nst_server.pictures.reading.boxes import boxes
from nst_server.pictures.reading.decoded import Decoded

MAGIC = b"ftypavif"
"""At byte 4."""

_PRIMARIES = {9: color_profiles.BT_2020, 12: color_profiles.DISPLAY_P3}
"""Beside sRGB's, which are 1; 2 says nothing."""
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
"""Beside sRGB's curve, for which people write that of video too; HDR's are left as they are."""


def decode(data: bytes) -> Decoded:
    """The picture in 8 bits."""
    decoded = pillow_reader.decode(data)
    return decoded if decoded.profile else replace(decoded, profile=_profile(data))


def _profile(data: bytes) -> bytes | None:
    meta = _first(data, b"meta")[4:]  # after version and flags
    properties = _first(_first(meta, b"iprp"), b"ipco")
    for kind, content in boxes(properties):
        if kind == b"colr" and content.startswith(b"nclx") and len(content) >= 8:
            primaries, transfer = struct.unpack_from(">HH", content, 4)
            if primaries in _PRIMARIES or transfer in _GAMMAS:
                return color_profiles.generated(_GAMMAS.get(transfer), _PRIMARIES.get(primaries))
    return None


def _first(data: bytes, wanted: bytes) -> bytes:
    return next((content for kind, content in boxes(data) if kind == wanted), b"")
