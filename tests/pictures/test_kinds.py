"""Every kind of file has the right colors, or is refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nst_server.pictures.reading import reader
from nst_server.values.errors import NeuralStyleError
from tests.support.kinds import every_kind
from tests.support.patches import SIDE, Kind

KINDS = every_kind()


def test_no_two_kinds_have_one_name() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.picture is not None], ids=str)
def test_colors_are_right(tmp_path: Path, kind: Kind) -> None:
    assert kind.picture is not None
    path = tmp_path / kind.name
    path.write_bytes(kind.data)
    read = reader.read(path)
    right = kind.picture
    if right.shape[2] <= 2:
        right = np.dstack([*[right[..., :1]] * 3, right[..., 1:]])
    assert read.samples.shape == right.shape
    assert read.samples.dtype == (np.uint16 if kind.deep else np.uint8)
    seen = read.samples / np.iinfo(read.samples.dtype).max
    middles = slice(SIDE // 2, None, SIDE)
    off = np.abs(seen - right)[middles, middles]
    if right.shape[2] == 4:
        off[..., :3][right[middles, middles, 3] == 0] = 0  # no color is seen there
    assert off.max() <= kind.tolerance


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.picture is None], ids=str)
def test_what_cannot_be_painted_right_is_refused(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / kind.name
    path.write_bytes(kind.data)
    with pytest.raises(NeuralStyleError) as caught:
        reader.read(path)
    assert caught.value.code == "bad-image"
    told = str(caught.value).replace(kind.name, "").lower()
    assert any(word.lower() in told for word in kind.words), told
