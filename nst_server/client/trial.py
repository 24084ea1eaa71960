"""A job that paints nothing: which machine and device would paint, and that they do answer."""

from __future__ import annotations

from nst_server.client.session import Client
from nst_server.values.job import Job, JobStyle, PictureShape
from nst_server.values.settings import Settings
from nst_server.wire.events import Failed, Started, painter
from nst_server.wire.order import Raster

_SIDE = 64


def painter_of(client: Client) -> str:
    """Name the machine, if it is another one, and the device that paint for ``client``.

    A server whose worker has not told its device yet gets a job of ``strength`` 0. Raises
    `NeuralStyleError` if that fails.
    """
    told = str(client.status()["worker"].get("device") or "")
    return painter(client.machine, told or _tried(client))


def _tried(client: Client) -> str:
    shape = PictureShape(_SIDE, _SIDE, 3, "uint8")
    raster = Raster.of(shape, bytes(shape.size_in_bytes))
    client.submit(Job(Settings.of_preset("draft", strength=0), raster, (JobStyle(raster),)))
    device = ""
    for event in client.events():
        if isinstance(event, Started):
            device = event.device
        if isinstance(event, Failed):
            raise event.error
    return device
