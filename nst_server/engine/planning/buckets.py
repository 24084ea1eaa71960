"""Buckets: the few sizes that steps are compiled for, each for all pictures that fit."""

from __future__ import annotations

from nst_server.engine.planning.schedule import Scale

_LONG_STEP = 32
"""Step of the longer side in pixels; that side is the same for all pictures of one setting."""

_LEAST_STEP = 16
"""Least step of the shorter side; the network halves four times."""

_STEPS = 16
"""Steps of the shorter side up to the next power of two above the longer, at the finest scale.
Photographs of 3:2, 4:3, 16:9 and 1:1 are enlarged by less than one step."""

_COARSER_STEPS = 8
"""Steps at a coarser scale, where a step more costs little."""


def bucket(scale: Scale) -> tuple[int, int]:
    """Return width and height of the bucket for pictures of a scale, margins included.

    Both are multiples of 16.
    """
    longer = max(scale.width, scale.height)
    steps = _STEPS if scale.is_finest else _COARSER_STEPS
    step = max(_LEAST_STEP, 2 ** (longer - 1).bit_length() // steps)

    def room(side: int) -> int:
        return _rounded_up(side, _LONG_STEP if side == longer else step) + 2 * scale.margin

    own_width, _ = scale.full_size
    return _rounded_up(max(own_width, room(scale.width)), _LEAST_STEP), room(scale.height)


def _rounded_up(length: int, step: int) -> int:
    return -(-length // step) * step
