"""Buckets are few, have room for every picture, and cost little."""

from __future__ import annotations

import pytest

from nst_server.bench.photographs import photographs, programs_for
from nst_server.engine.planning.buckets import bucket
from nst_server.engine.planning.schedule import Scale, scales, working_size
from nst_server.values.settings import Settings


@pytest.mark.parametrize("longest", [256, 512, 700, 1024, 2048])
def test_a_bucket_has_room_for_a_picture_with_its_margins(longest: int) -> None:
    settings = Settings.of_preset("standard", size=longest)
    for other in range(64, 4000, 97):
        for size in ((3000, other), (other, 3000)):
            for scale in scales(*working_size(*size, settings, 1e9), settings):
                width, height = bucket(scale)
                assert width >= scale.margin + scale.width + scale.right_margin
                assert height >= scale.height + 2 * scale.margin
                assert width % 16 == height % 16 == 0


def test_usual_photographs_fill_their_buckets() -> None:
    assert bucket(Scale(512, 384, 30, margin=8)) == (528, 400)
    assert bucket(Scale(512, 341, 30, margin=8)) == bucket(Scale(512, 352, 30, margin=8))
    assert bucket(Scale(1024, 768, 30, margin=8)) == (1040, 784)
    assert bucket(Scale(288, 512, 30, margin=8)) == (304, 528)


@pytest.mark.parametrize("size", [512, 1024])
def test_two_hundred_photographs_share_forty_programs(size: int) -> None:
    assert len(list(photographs())) == 200
    programs, work_added = programs_for(size)
    assert programs <= 40
    assert 0 < work_added <= 0.06
