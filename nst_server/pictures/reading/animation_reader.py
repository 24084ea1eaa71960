"""GIF, WebP and PNG files with several frames: each as it is seen, laid over those before it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from nst_server.pictures.reading import pillow_reader
from nst_server.pictures.reading.decoded import Decoded, NotReadError, check_size

_KINDS = ("GIF", "WEBP", "PNG")
"""Pillow's names; pages of other kinds are no animation."""
_GIF_END = b";"


@dataclass(frozen=True)
class DecodedFrame:
    """One frame, and the milliseconds for which it is shown."""

    picture: Decoded
    duration: float


def frame_count(data: bytes) -> int:
    """Number of frames that are shown one after the other; 1 for whatever is no animation."""
    try:
        with pillow_reader.opened(data) as image:
            return len(_shown(image))
    except Exception:  # what is wrong with it is told by who reads the picture
        return 1


def plays(data: bytes) -> int:
    """Number of times that the animation is shown; 0 for ever."""
    with pillow_reader.opened(data) as image:
        said = image.info.get("loop")
        if image.format != "GIF":
            return int(said or 0)
        return 1 if said is None else said and said + 1  # a GIF says how often it is repeated


def frames(data: bytes, first: Decoded) -> list[DecodedFrame]:
    """Every frame, with what ``first``, the file's picture, says of colors and metadata.

    Raises `ValueError` that names a damaged frame, `NotReadError` for frames of several sizes, and
    `TooManyPixelsError`.
    """
    height, width = first.colors.shape[:2]
    check_size(width, height * frame_count(data))
    with pillow_reader.opened(data) as image:
        found = [_frame(image, index, first) for index in _shown(image)]
        if image.format == "GIF" and not data.rstrip(b"\0").endswith(_GIF_END):
            raise ValueError(f"it ends in frame {len(found) + 1}")  # which Pillow leaves out
    if all(frame.picture.alpha is None for frame in found):
        return found
    opaque = np.full((height, width), 255, np.uint8)
    return [
        frame
        if frame.picture.alpha is not None
        else replace(frame, picture=replace(frame.picture, alpha=opaque))
        for frame in found
    ]


def _frame(image: Image.Image, index: int, first: Decoded) -> DecodedFrame:
    number = index - _shown(image).start + 1
    try:
        image.seek(index)
        image.load()
        colors, alpha = pillow_reader.pixels(image)
    except Exception as error:
        raise ValueError(f"frame {number}: {error or type(error).__name__}") from error
    if colors.shape[:2] != first.colors.shape[:2]:
        raise NotReadError(
            f"has frames of several sizes: number {number} is not as large as the first",
            "Open it in GIMP, choose Image → Fit Canvas to Layers, and export it.",
        )
    return DecodedFrame(
        replace(first, colors=colors, alpha=alpha), float(image.info.get("duration", 0))
    )


def _shown(image: Image.Image) -> range:
    """Places of the frames; a PNG may begin with a picture for those who show no animation."""
    if image.format not in _KINDS:
        return range(1)
    return range(int(bool(image.info.get("default_image"))), getattr(image, "n_frames", 1))
