"""An order: a job together with the pixels of all its pictures, as one checked value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, JobHeader, PictureShape
from nst_server.wire.spool import Spool, size_in_bytes


@dataclass(frozen=True)
class Raster(PictureShape):
    """A picture with its pixels. Raises `NeuralStyleError` ``bad-usage`` for a wrong length."""

    pixels: Any = field(repr=False)
    """A bytes-like object or a `Spool`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if size_in_bytes(self.pixels) != self.size_in_bytes:
            raise NeuralStyleError(
                "bad-usage", "The pixels do not have the length of their picture."
            )

    @classmethod
    def of(cls, shape: PictureShape, pixels: Any) -> Raster:
        """Return a picture of this shape with these pixels."""
        return cls(shape.width, shape.height, shape.channels, shape.sample, pixels)


Order: TypeAlias = Job[Raster]
"""A job with pixels: what a client submits and a worker paints."""


def order_from(header: JobHeader, stream: Spool) -> Order:
    """Return the order whose pixels are in ``stream``, one picture after the other."""
    start = 0

    def raster(shape: PictureShape) -> Raster:
        nonlocal start
        part = stream.part(start, shape.size_in_bytes)
        start += shape.size_in_bytes
        return Raster.of(shape, part)

    return header.map(raster)


def spooled(order: Order, new_spool: Callable[[Any], Spool]) -> Order:
    """Return the same order with the pixels of each picture in a separate spool."""
    return order.map(lambda raster: Raster.of(raster, new_spool(raster.pixels)))
