"""An animation from a file: its frames as they are painted, and when each is shown."""

from __future__ import annotations

from dataclasses import dataclass

from nst_server.pictures.picture_file import PictureFile


@dataclass(frozen=True)
class AnimationFile:
    """Frames of one size, whole as they are seen; a still picture is one frame."""

    frames: tuple[PictureFile, ...]
    durations: tuple[float, ...] = (0.0,)
    """Milliseconds for which each frame is shown."""
    plays: int = 1
    """Times that it is shown; 0 for ever."""
