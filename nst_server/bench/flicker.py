"""Stillness of what is still in a painted animation: ``python -m nst_server.bench.flicker FOLDER``.

Paints eight frames of a balloon before a landscape that does not move, each by itself and as
``nst stylize`` paints an animation. Prints the mean change of the landscape's pixels from frame to
frame, and writes for each style a sheet (the frames, painted singly, painted as an animation).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from nst_server.animation.painted_frames import painted_frames
from nst_server.bench.inputs import Array, landscape
from nst_server.engine.painter import Painter
from nst_server.host.home import Home
from nst_server.pictures import sample_styles
from nst_server.values.job import Job, JobStyle
from nst_server.values.settings import Settings
from nst_server.wire.events import Finished
from nst_server.wire.order import Order, Raster, spooled
from nst_server.wire.spool import Spool
from nst_server.worker.job_events import job_events

WIDTH, HEIGHT, FRAMES = 192, 144, 8

TRIALS = (("swirls", 0.0), ("swirls", 2.0))
"""Sample styles, and how much of 255 levels the grain of the frames deviates."""

Levels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """A frame, and where the landscape is seen in it."""

    picture: Levels
    background: npt.NDArray[np.bool_]


def frames(grain: float, width: int = WIDTH, height: int = HEIGHT) -> list[Frame]:
    """The balloon crosses the picture, once up and down."""
    background, (balloon, shape) = landscape(width, height), _balloon(width // 5)
    random, side = np.random.default_rng(1), width // 5
    made = []
    for number in range(FRAMES):
        part = number / (FRAMES - 1)
        left = round(0.08 * width + part * (0.84 * width - side))
        top = round(0.35 * height - side / 2 + 0.1 * height * np.sin(2 * np.pi * part))
        picture, seen = background.copy(), np.ones((height, width), bool)
        place = slice(top, top + side), slice(left, left + side)
        picture[place] = picture[place] * (1 - shape) + balloon * shape
        seen[place] = shape[..., 0] == 0
        picture += grain / 255 * random.standard_normal(picture.shape).astype(np.float32)
        made.append(Frame(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8), seen))
    return made


def flicker(pictures: Sequence[Levels], scene: Sequence[Frame]) -> float:
    """Mean change of the landscape from frame to frame, in levels of 255."""
    changes = []
    for (one, other), (before, after) in zip(pairwise(pictures), pairwise(scene), strict=True):
        both = before.background & after.background
        changes.append(np.abs(one.astype(float) - other)[both].mean())
    return float(np.mean(changes))


def main(words: list[str]) -> int:
    """Paint, print a table in Markdown, and write the sheets."""
    folder = Path(words[0])
    folder.mkdir(parents=True, exist_ok=True)
    painter = Painter(Home.default().weights)
    print("| style | grain | frames themselves | painted singly | animation | ratio |")
    print("|---|---|---|---|---|---|", flush=True)
    for name, grain in TRIALS:
        scene = frames(grain)
        contents = [frame.picture for frame in scene]
        singly, together = _painted(painter, contents, _raster(_style(name)))
        given, alone, ours = (flicker(each, scene) for each in (contents, singly, together))
        figures = f"{given:.2f} | {alone:.2f} | {ours:.2f} | {ours / alone:.3f}"
        print(f"| {name} | {grain:g} | {figures} |", flush=True)
        rows = np.vstack([np.hstack(row) for row in (contents, singly, together)])
        Image.fromarray(rows).save(folder / f"flicker-{name}-{grain:g}.png")
    return 0


def _painted(
    painter: Painter, contents: Sequence[Levels], style: Raster
) -> tuple[list[Levels], list[Levels]]:
    """The frames each by itself, and as an animation."""
    settings = Settings.of_preset("standard", size="full")
    orders = [Job(settings, _raster(content), (JobStyle(style),)) for content in contents]
    painted_alone: dict[bytes, bytes] = {}  # which an animation needs too

    def paint(order: Order) -> bytes:
        content = bytes(order.content.pixels)
        if order.init is not None:
            return _result(painter, order)
        if content not in painted_alone:
            painted_alone[content] = _result(painter, order)
        return painted_alone[content]

    return _levels(map(paint, orders)), _levels(painted_frames(orders, paint))


def _result(painter: Painter, order: Order) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        order = spooled(order, lambda pixels: Spool.holding(pixels, Path(folder)))
        for event in job_events(painter, order, keep=lambda: False):
            if isinstance(event, Finished):
                return bytes(event.pixels.read())
    raise AssertionError("a job ends with its result")


def _levels(results: Any) -> list[Levels]:
    return [np.frombuffer(result, np.uint8).reshape(HEIGHT, WIDTH, 3) for result in results]


def _raster(picture: Levels) -> Raster:
    height, width, _ = picture.shape
    return Raster(width, height, 3, "uint8", picture.tobytes())


def _style(name: str) -> Levels:
    return np.asarray(sample_styles.paint(name).convert("RGB").resize((WIDTH, WIDTH)))


def _balloon(side: int) -> tuple[Array, Array]:
    """Colors and opacity of a ball with stripes, lit from above."""
    down, right = (np.mgrid[0:side, 0:side] + 0.5) / side * 2 - 1
    stripe = np.floor(6 * np.arctan2(right, 1.2 - 0.5 * down)) % 2
    colors = np.where(stripe[..., np.newaxis] > 0, (0.85, 0.2, 0.15), (0.95, 0.85, 0.3))
    light = 1.05 - 0.45 * np.hypot(right + 0.35, down + 0.4)
    opacity = np.clip((1 - np.hypot(right, down)) * side / 2 + 0.5, 0, 1)
    return (
        np.asarray(np.clip(colors * light[..., np.newaxis], 0, 1), np.float32),
        np.asarray(opacity[..., np.newaxis], np.float32),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
