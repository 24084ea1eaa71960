"""Widths at which convolutions are fast."""

from __future__ import annotations

import pytest

from nst_server.engine.planning.widths import fast_width


@pytest.mark.parametrize(
    ("least", "fast"), [(1, 16), (16, 16), (17, 32), (699, 704), (1536, 1536), (1537, 1600)]
)
def test_is_the_next_that_is_divided_well(least: int, fast: int) -> None:
    assert fast_width(least) == fast
