"""Sizes of two hundred photographs, as cameras take them and people crop them."""

from __future__ import annotations

from collections.abc import Iterator

_CAMERAS = (
    # 3:2
    *((6000, 4000), (6720, 4480), (8256, 5504), (5472, 3648), (6048, 4024), (6240, 4160)),
    *((5184, 3456), (4928, 3264), (9504, 6336), (7008, 4672), (4256, 2832), (3888, 2592)),
    # 4:3
    *((4032, 3024), (4000, 3000), (4608, 3456), (5184, 3888), (3264, 2448), (8064, 6048)),
    *((5712, 4284), (8160, 6120), (11648, 8736), (3648, 2736), (2592, 1944)),
    # 16:9
    *((3840, 2160), (5312, 2988)),
)
"""Width and height of the pictures of 25 cameras and telephones."""

_ACROSS, _DOWN = 0.6180339887, 0.7548776662
"""Steps, modulo one, that spread numbers evenly: those of free crops, 55 to 100 % of a side."""


def photographs() -> list[tuple[int, int]]:
    """Return width and height of 200 photographs: eight of each camera.

    They are as taken, upright, square, 4:5, 16:9, and three crops without a rule, one upright.
    """
    return [size for number, camera in enumerate(_CAMERAS) for size in _of_camera(number, *camera)]


def _of_camera(number: int, width: int, height: int) -> Iterator[tuple[int, int]]:
    yield width, height
    yield height, width
    yield height, height
    yield round(0.8 * height), height
    yield width, round(width * 9 / 16)
    for crop in range(3 * number + 1, 3 * number + 4):
        kept = (0.55 + 0.45 * (crop * step % 1) for step in (_ACROSS, _DOWN))
        across, down = (
            round(side * share) for side, share in zip((width, height), kept, strict=True)
        )
        yield (down, across) if crop % 3 == 0 else (across, down)
