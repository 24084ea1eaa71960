"""Put right what GIMP makes of a picture file for a script: the layer that is meant, upright."""

from __future__ import annotations

import re
from typing import Any

from neural_style_gimp.image.gimp import Gimp, GLib

_PAGED = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF8", b"RIFF", b"\x89PNG", b"%PDF")
"""Beginnings of files whose layers are pages or frames, the first of them lowest."""
_LAYERED = (b"gimp xcf", b"8BPS", b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
"""Beginnings of files that are images of layers; the last three are compressed XCF."""

_ORIENTATION = re.compile(r'<tag name="Exif\.Image\.Orientation">([1-8])</tag>')
_QUARTERS = {
    3: Gimp.RotationType.DEGREES180,
    4: Gimp.RotationType.DEGREES180,
    5: Gimp.RotationType.DEGREES90,
    6: Gimp.RotationType.DEGREES90,
    7: Gimp.RotationType.DEGREES270,
    8: Gimp.RotationType.DEGREES270,
}
"""The turn that sets pixels upright, by EXIF's orientation."""
_MIRRORED = (2, 4, 5, 7)


def put_right(image: Any, file: Any) -> None:
    """Show of ``image``, just loaded from ``file``, what other programs show of the file.

    GIMP puts a TIFF's pages, thumbnails among them, and an animation's frames one upon the
    other, and leaves photographs on their side.
    """
    start = _first_bytes(file)
    if start.startswith(_LAYERED):
        return
    if start.startswith(_PAGED):
        for layer in image.get_layers()[:-1]:
            layer.set_visible(False)
    _turn_upright(image)


def _first_bytes(file: Any) -> bytes:
    try:
        stream = file.read(None)
        start = bytes(stream.read_bytes(16, None).get_data() or b"")
        stream.close(None)
    except GLib.Error:  # a remote file that GIMP fetched by other means
        return b""
    return start


def _turn_upright(image: Any) -> None:
    metadata = image.get_metadata()
    found = _ORIENTATION.search(metadata.serialize() or "") if metadata is not None else None
    orientation = int(found[1]) if found else 1
    if orientation in _QUARTERS:
        image.rotate(_QUARTERS[orientation])
    if orientation in _MIRRORED:
        image.flip(Gimp.OrientationType.HORIZONTAL)
