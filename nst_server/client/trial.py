"""A job that paints nothing: which machine and device would paint, and that they do answer."""

from __future__ import annotations

from dataclasses import replace

from nst_server.client.session import Client
from nst_server.values.job import Job, JobStyle, PictureShape, PlannedPainting
from nst_server.values.settings import Settings
from nst_server.wire.events import Failed, Started, where
from nst_server.wire.order import Order, Raster

_SIDE = 64


def where_painted(client: Client) -> str:
    """Name the machine, if it is another one, and the device that paint for ``client``.

    A server no worker of which has told its device yet gets a job of ``strength`` 0. Raises
    `NeuralStyleError` if that fails.
    """
    status = client.status()
    workers = status.get("workers", [status["worker"]])  # a server of before has one
    useful = [worker for worker in workers if not worker.get("obstacle")] or workers
    told = next((str(worker["device"]) for worker in useful if worker.get("device")), "")
    return where(client.machine, told or try_out(client))


def trial(settings: Settings, planned: PlannedPainting | None = None) -> Order:
    """An order, as small as can be, that has everything loaded and changes nothing."""
    shape = PictureShape(_SIDE, _SIDE, 3, "uint8")
    raster = Raster.of(shape, bytes(shape.size_in_bytes))
    return Job(replace(settings, strength=0), raster, (JobStyle(raster),), planned=planned)


def try_out(client: Client) -> str:
    """Have a trial painted, and return the device. Raises `NeuralStyleError` if that fails."""
    client.submit(trial(Settings.of_preset("draft")))
    device = ""
    for event in client.events():
        if isinstance(event, Started):
            device = event.device
        if isinstance(event, Failed):
            raise event.error
    return device
