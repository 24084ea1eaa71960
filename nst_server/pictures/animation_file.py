"""An animation from a file: its frames as they are painted, and when each is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nst_server.pictures.picture_file import PictureFile
from nst_server.values.errors import NeuralStyleError


@dataclass(frozen=True)
class AnimationFile:
    """Frames of one size, whole as they are seen; a still picture is one frame."""

    frames: tuple[PictureFile, ...]
    durations: tuple[float, ...] = (0.0,)
    """Milliseconds for which each frame is shown."""
    plays: int = 1
    """Times that it is shown; 0 for ever."""

    def chosen(self, first: int, last: int | None) -> AnimationFile:
        """Return frames ``first`` to ``last``, counted from 1, without the others; None is the end.

        Raises `NeuralStyleError` ``bad-usage`` if there are not as many.
        """
        count = len(self.frames)
        last = count if last is None else last
        if not 1 <= first <= last <= count:
            wanted = f"{first}" if first == last else f"{first}-{last}"
            raise NeuralStyleError(
                "bad-usage",
                f"There are no frames {wanted}: the picture has {count}.",
                "Count frames from 1: --frames 1-4.",
            )
        part = slice(first - 1, last)
        return replace(self, frames=self.frames[part], durations=self.durations[part])
