"""A small share of every trial of the page, so that the command goes on working."""

from __future__ import annotations

import pytest

from tests.endurance.__main__ import TRIALS, try_out
from tests.endurance.trial import SHARE

REAL = {"pauses", "commands"}
"""Trials of the command, which starts the real worker."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.engine if name in REAL else ()) for name in TRIALS],
)
def test_a_share_of_it(name: str) -> None:
    section = try_out(name, SHARE)
    assert list(section.wrong) == []
    assert all(len(row) == len(section.headings) for row in section.rows)
