"""The frame before carried into the next one: its painting moved, and what of that can stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_server.animation.motion import Pixels, motion, moved
from nst_server.animation.neighborhood import Plane, least_around, mean_around

_RETURN = 1
"""Pixels. Whoever goes to the frame before and back again comes this near, or was hidden there."""
_SAME, _OTHER, _STRANGE = 8 / 255, 20 / 255, 40 / 255
"""Differences of contents: up to the first a painting stays, from the second it is painted over,
and from the third it is not even begun with. Grain and a GIF's dots stay below the first."""
_GRAIN = 1
"""Radius in pixels over which contents are compared."""
_SEAM = 2
"""Pixels by which what stays ends before what has changed; as many again for the soft edge."""


@dataclass(frozen=True)
class Carried:
    """A painting and the content that each of its pixels was painted of, moved alike."""

    painting: Pixels
    content: Pixels
    known: Plane
    """Share of each pixel, 0 to 1, in what was to be seen in the frame before."""
    kept: Plane
    """Share of each pixel in what looks as it did, so that its painting stays; at most `known`.

    The content that it is compared with is the one that was painted, not that of the frame before:
    what fades by less than can be seen in a frame is painted anew once that adds up.
    """


def carried(painting: Pixels, content: Pixels, frame: Pixels) -> Carried:
    """Move ``painting``, made of ``content``, to where things are in ``frame``.

    ``painting`` has any number of channels; ``content`` and ``frame`` may have an alpha too.
    """
    by = motion(content, frame)
    back = moved(motion(frame, content), by)
    astray = (np.abs(by + back).max(-1) > _RETURN).astype(np.float32)
    hidden = mean_around(astray, _SEAM) > 0.5  # single matches go astray by chance
    before = moved(content, by)
    apart = mean_around(np.abs(frame - before).max(-1), _GRAIN)
    known = np.where(hidden | (apart > _STRANGE), np.float32(0), np.float32(1))
    same = np.clip((_OTHER - apart) / (_OTHER - _SAME), 0, 1).astype(np.float32)
    kept = np.minimum(known, same)
    return Carried(moved(painting, by), before, _within(known), _within(kept))


def mixed(share: Plane, one: Pixels, other: Pixels) -> Pixels:
    """``share`` of the one and the rest of the other picture."""
    part = share[..., np.newaxis]
    return np.asarray(one * part + other * (1 - part), np.float32)


def _within(share: Plane) -> Plane:
    """The share with a soft edge that lies inside."""
    return np.clip(mean_around(least_around(share, _SEAM), _SEAM), 0, 1)
