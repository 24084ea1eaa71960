"""Jobs and messages to try: valid ones of every kind, and others that are nearly so."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from nst_server.values.job import MAXIMUM_WEIGHT, MINIMUM_WEIGHT, Job, JobStyle, PictureShape
from nst_server.values.settings import OPTIONS, Option, Settings
from nst_server.wire.order import Order, Raster

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, False, 0, -1, 1, 3.0, 1e-300, 1e300, 2**31, 2**70, 10**400, float("nan")),
        *("", "1", "\ud800", "x" * 2000, "3e400", [], [1], [[]], {}, {"width": 1}),
    ]
)
"""Values that a program of another mind might put anywhere."""


@st.composite
def nearly(draw: Callable[[st.SearchStrategy[Any]], Any], wire: dict[str, Any]) -> Any:
    """A JSON object like ``wire``, of which one to three things are others, too many or missing."""
    result: Any = _copied(wire)
    for _ in range(draw(st.integers(1, 3))):
        at = result
        key = draw(st.sampled_from(_keys(at)))
        while _keys(at[key]) and draw(st.booleans()):
            at = at[key]
            key = draw(st.sampled_from(_keys(at)))
        match draw(st.sampled_from(["replace", "retype", "remove", "add"])):
            case "replace":
                at[key] = _copied(draw(ODD))
            case "retype" if isinstance(at[key], int) and abs(at[key]) < 2**53:
                at[key] = draw(st.sampled_from([float, bool, str, int]))(at[key])
            case "remove" if len(at) > 1:
                del at[key]
            case _ if isinstance(at, dict):
                at[draw(st.sampled_from(["x", "width", "mask", "weight"]))] = _copied(draw(ODD))
            case _:
                at.append(_copied(draw(ODD)))
    return result


def _keys(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value)
    return list(range(len(value))) if isinstance(value, list) else []


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value


sides = st.one_of(st.sampled_from([1, 7, 8, 9, 16, 17, 31, 32, 33, 64, 100]), st.integers(1, 120))
samples = st.sampled_from(["uint8", "uint16", "float32"])


def shapes(channels: tuple[int, ...] = (3, 4)) -> st.SearchStrategy[PictureShape]:
    narrow = st.sampled_from([(65535, 1), (1, 65535), (4000, 8), (8, 2000)])
    sizes = st.one_of(*[st.tuples(sides, sides)] * 6, narrow)
    return st.builds(
        lambda size, count, sample: PictureShape(size[0], size[1], count, sample),
        sizes,
        st.sampled_from(channels),
        samples,
    )


def weights() -> st.SearchStrategy[float]:
    extreme = st.sampled_from([0.0, MINIMUM_WEIGHT, MAXIMUM_WEIGHT])
    return st.one_of(st.just(1.0), st.floats(MINIMUM_WEIGHT, MAXIMUM_WEIGHT), extreme)


def values_of(option: Option) -> st.SearchStrategy[Any]:
    """Every value that an option may have."""
    if option.choices:
        return st.sampled_from(option.choices)
    if option.kind is bool:
        return st.booleans()
    assert option.minimum is not None and option.maximum is not None
    words = [st.just(word) for word in option.words]
    if option.whole:
        least, most = int(option.minimum), int(option.maximum)
        return st.one_of(st.integers(least, most), st.sampled_from([least, most]), *words)
    return st.one_of(st.floats(option.minimum, option.maximum), *words)


@st.composite
def orders(
    draw: Callable[[st.SearchStrategy[Any]], Any], fixed: dict[str, Any], free: set[str]
) -> Order:
    """A valid order: settings with ``fixed`` values and any others for the names in ``free``."""
    changes = {name: draw(values_of(OPTIONS[name])) for name in sorted(free) if draw(st.booleans())}
    settings = Settings.of_preset("draft", **{**changes, **fixed})
    content = draw(shapes())

    def mask() -> PictureShape | None:
        if draw(st.booleans()):
            return None
        return PictureShape(content.width, content.height, 1, draw(samples))

    styles = [
        JobStyle(draw(shapes()), draw(weights()), mask()) for _ in range(draw(st.integers(1, 3)))
    ]
    if not any(style.weight for style in styles):
        styles.append(JobStyle(draw(shapes())))
    init = draw(shapes()) if settings.init == "picture" else None
    job = Job(settings, content, tuple(styles), mask(), init)
    source = random.Random(draw(st.integers(0, 2**16)))
    return job.map(lambda shape: Raster.of(shape, draw_pixels(source, shape.size_in_bytes)))


def draw_pixels(source: random.Random, length: int) -> bytes:
    """Noise, or all zero, or all ones: NaN for floats."""
    match source.randrange(8):
        case 0:
            return bytes(length)
        case 1:
            return b"\xff" * length
    return source.randbytes(length)
