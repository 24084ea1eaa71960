"""Jobs that are not quite valid: told when they are made, with what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, JobStyle, PictureShape
from nst_server.values.settings import Settings

CONTENT = PictureShape(16, 16, 3, "uint8")


@pytest.mark.parametrize("weight", [1e-300, 1e-7, -1.0, 1e7, float("inf"), float("nan")])
def test_a_weight_that_would_vanish_or_swallow_the_others_is_refused(weight: float) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        Job(Settings(), CONTENT, (JobStyle(CONTENT, weight),))
    assert caught.value.code == "bad-settings"
    assert "from 0.000001 to 1000000" in caught.value.hint


@pytest.mark.parametrize("channels", [3.0, True, "3", None, [3], 2, 2**70])
def test_channels_are_whole_numbers(channels: Any) -> None:
    wire = {**CONTENT.to_wire(), "channels": channels}
    with pytest.raises(NeuralStyleError) as caught:
        PictureShape.from_wire(wire)
    assert caught.value.code == "bad-image"
