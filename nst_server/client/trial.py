"""A trial: the smallest job there is, to find out whether paintings are possible."""

from __future__ import annotations

from nst_server.client.session import Client
from nst_server.values.job import Job, JobStyle
from nst_server.values.settings import Settings
from nst_server.wire.events import Failed
from nst_server.wire.order import Raster

SIDE = 64
"""Width and height in pixels of the picture that is sent."""


def paint_trial(client: Client) -> None:
    """Have a gray picture painted with strength 0. Raises `NeuralStyleError` if it is not."""
    gray = Raster(SIDE, SIDE, 3, "uint8", bytes([128]) * (SIDE * SIDE * 3))
    client.submit(Job(Settings(strength=0), gray, (JobStyle(gray),)))
    for event in client.events():
        if isinstance(event, Failed):
            raise event.error
