"""Small jobs for the trials, which the real and the scripted worker do alike."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Any

from PIL import Image

from nst_server.client.session import Client
from nst_server.host.home import Home
from nst_server.values.job import Job, JobStyle
from nst_server.values.settings import Settings
from nst_server.wire.events import Event, Finished
from nst_server.wire.order import Order, Raster
from tests.support.landscapes import landscape
from tests.support.running import NST
from tests.support.scripted_worker import Manner
from tests.support.servers import environment, finish

_SHAPES = ((64, 64, 3), (96, 64, 4), (48, 80, 4))
_LONG: dict[str, Any] = {"seed": int(Manner.SLOW), "iterations": 10000, "optimizer": "adam"}
"""With Adam no scale ends before its last iteration."""
_PATIENCE = 120.0
"""Seconds for a job that may have to wait for TensorFlow's import first."""


def draft(number: int = 0, **settings: Any) -> Order:
    """A draft at 64 pixels, with other pixels for each number."""
    width, height, channels = _SHAPES[number % len(_SHAPES)]
    source = random.Random(number)

    def raster(width: int, height: int, channels: int) -> Raster:
        pixels = source.randbytes(width * height * channels)
        return Raster(width, height, channels, "uint8", pixels)

    return Job(
        Settings.of_preset("draft", **{"size": 64, "coarsest": 0, **settings}),
        raster(width, height, channels),
        (JobStyle(raster(64, 64, 3)),),
    )


def long_draft() -> Order:
    """A draft that goes on until it is kept, cancelled or killed."""
    return draft(**_LONG)


def paint(client: Client, order: Order) -> Event:
    """The last event of a job."""
    client.submit(order)
    return finish(client, _PATIENCE)[-1]


def painted(client: Client, order: Order) -> bytes:
    """The pixels of a job's result, which must come."""
    last = paint(client, order)
    assert isinstance(last, Finished), last
    return last.pixels.read()


def stylize(home: Home, output: Path, **settings: Any) -> subprocess.Popen[str]:
    """Begin ``nst stylize`` with pictures that lie beside its output."""
    content, style = output.with_name("content.png"), output.with_name("style.png")
    for seed, path in enumerate((content, style)):
        if not path.exists():
            pixels = (255 * landscape(96, 64, seed)).astype("uint8")
            Image.fromarray(pixels).save(path)
    options = {"size": 64, "coarsest": 0, **settings}
    words = ["--preset", "draft"]
    for name, value in options.items():
        words += [f"--{name}", str(value)]
    return subprocess.Popen(
        [*NST, "stylize", str(content), "--style", str(style), "-o", str(output), *words],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def stylize_long(home: Home, output: Path) -> subprocess.Popen[str]:
    """Begin ``nst stylize`` with a painting that takes long."""
    return stylize(home, output, **_LONG)
