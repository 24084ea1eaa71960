"""The few sizes that pictures are painted at."""

from __future__ import annotations

import pytest

from nst_server.bench.photographs import photographs
from nst_server.bench.programs import shared
from nst_server.engine.planning import buckets


@pytest.mark.parametrize(
    ("size", "bucket"),
    [
        ((512, 384), (512, 384)),  # 4:3 and 16:9 lose nothing
        ((512, 288), (512, 288)),
        ((512, 341), (512, 352)),
        ((341, 512), (352, 512)),
        ((513, 33), (576, 48)),
        ((32, 32), (32, 32)),
    ],
)
def test_the_finest_scale_is_held(size: tuple[int, int], bucket: tuple[int, int]) -> None:
    assert buckets.around(*size) == bucket


@pytest.mark.parametrize(
    ("size", "bucket"),
    [
        ((256, 192), (256, 192)),
        ((256, 171), (256, 192)),
        ((256, 144), (256, 128)),
        ((144, 256), (128, 256)),
        ((443, 443), (448, 448)),
        ((45, 33), (48, 32)),
    ],
)
def test_a_coarser_scale_takes_the_nearest(size: tuple[int, int], bucket: tuple[int, int]) -> None:
    assert buckets.near(*size) == bucket


def test_a_bucket_is_its_own() -> None:
    for width in range(32, 3000, 7):
        for height in range(32, 3000, 131):
            held = buckets.around(width, height)
            assert buckets.around(*held) == held
            assert held[0] >= width
            assert held[1] >= height
            nearest = buckets.near(width, height)
            assert max(nearest) / max(width, height) < 1.25
            assert min(nearest) >= 32


def test_what_is_larger_than_one_piece_has_none() -> None:
    assert buckets.around(4001, 3001) == buckets.near(4001, 3001) == (4001, 3001)


@pytest.mark.parametrize("longest", [384, 512, 768, 1024])
def test_two_hundred_photographs_share_forty_programs(longest: int) -> None:
    assert len(photographs()) == 200
    found = shared(longest)
    assert found["programs"] <= 40 < found["programs_without_buckets"]
    assert found["work_added"] <= 0.02
    assert found["most_work_added"] <= 0.12
