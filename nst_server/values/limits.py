"""Limits of a job, checked on its header before anything is allocated for it."""

from __future__ import annotations

from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import JobHeader

MAXIMUM_JOB_BYTES = 8 * 2**30
"""Most bytes of all pictures of one job together."""

MAXIMUM_PIXELS = 2**30
"""Most pixels of one picture, made or read."""

_WORKING_BYTES = 36
"""Bytes per content pixel: content, result and an intermediate, each as float32 RGB."""

_FRAME_BYTES = 130
"""More bytes per pixel of a frame, for what moved since the one before (measured)."""


def check_size(job: JobHeader, available: int | None) -> None:
    """Raise `NeuralStyleError` ``too-large`` if ``job`` cannot be held in memory.

    ``available`` is the free memory in bytes, None if it is not known. The network's own memory
    is the engine's matter: it chooses the size to paint at.
    """
    pixel_bytes = _WORKING_BYTES + (_FRAME_BYTES if job.animation else 0)
    needed = 2 * job.size_in_bytes + pixel_bytes * job.content.width * job.content.height
    if job.size_in_bytes > MAXIMUM_JOB_BYTES or (available is not None and needed > available):
        if available is None:
            raise NeuralStyleError(
                "too-large",
                "These pictures need {needed} of memory.",
                "Take a smaller selection or scale the picture down.",
                needed=_in_words(needed),
            )
        raise NeuralStyleError(
            "too-large",
            "These pictures need {needed} of memory, and {free} are free.",
            "Take a smaller selection or scale the picture down.",
            needed=_in_words(needed),
            free=_in_words(available),
        )


def _in_words(size: int) -> str:
    return f"{size / 2**30:.1f} GB" if size >= 2**30 else f"{size / 2**20:.0f} MB"
