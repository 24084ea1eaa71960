"""Sizes of photographs as people have them, and the programs that painting all of them takes."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from nst_server.engine.planning.buckets import bucket
from nst_server.engine.planning.schedule import scales, working_size
from nst_server.values.settings import Settings

_CAMERAS = (
    *((6000, 4000), (5472, 3648), (8256, 5504), (6240, 4160), (7952, 5304)),
    *((9504, 6336), (5760, 3840), (4928, 3264), (6960, 4640), (3000, 2000)),
    *((4032, 3024), (4000, 3000), (4624, 3468), (4160, 3120), (3264, 2448)),
    *((5184, 3888), (4608, 3456), (4896, 3672), (4080, 3072), (8192, 6144)),
    *((8064, 6048), (4000, 2252), (3840, 2160), (4032, 2268), (5312, 2988)),
)
"""Width and height of what cameras and telephones take: 3:2, 4:3 and 16:9."""

_CROPS = 3
_LEAST_SIDE = 0.4
"""Least side of a crop relative to the photograph's."""


def photographs() -> Iterator[tuple[int, int]]:
    """Yield 200 sizes: each camera's as taken, upright, square, 16:9, 4:5 and cropped at will."""
    chance = random.Random(1)
    for width, height in _CAMERAS:
        yield width, height
        yield height, width
        yield height, height
        yield width, min(height, round(width * 9 / 16))
        yield round(height * 4 / 5), height
        for _ in range(_CROPS):
            yield (
                round(width * chance.uniform(_LEAST_SIDE, 1)),
                round(height * chance.uniform(_LEAST_SIDE, 1)),
            )


def programs_for(size: int) -> tuple[int, float]:
    """Count the programs for all photographs at one setting of the size.

    Return their number, and the work that buckets add, relative to that without.
    """
    settings = Settings.of_preset("standard", size=size)
    buckets, work, own_work = set(), 0.0, 0.0
    for photograph in photographs():
        for scale in scales(*working_size(*photograph, settings, 0.0), settings):
            buckets.add(bucket(scale))
            enlarged = math.prod(bucket(scale)) / math.prod(scale.full_size)
            work += enlarged * scale.megapixel_iterations
            own_work += scale.megapixel_iterations
    return len(buckets), work / own_work - 1
