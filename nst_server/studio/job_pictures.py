"""All pictures of one job as they were read: into an order, and out of its result."""

from __future__ import annotations

from dataclasses import dataclass

from nst_server.pictures.picture_file import PictureFile, blend
from nst_server.pictures.samples import Samples
from nst_server.values.job import Job, JobStyle
from nst_server.values.settings import Settings
from nst_server.wire.events import Finished
from nst_server.wire.order import Order, Raster


@dataclass(frozen=True)
class StyleInput:
    """A style, its weight beside the others, and the region in which it is painted."""

    picture: PictureFile
    weight: float = 1.0
    mask: PictureFile | None = None


@dataclass(frozen=True)
class JobPictures:
    """Content, styles, selection and the picture to start from."""

    content: PictureFile
    styles: tuple[StyleInput, ...]
    mask: PictureFile | None = None
    init: PictureFile | None = None

    def order(self, settings: Settings) -> Order:
        """Return the order to submit. Raises `NeuralStyleError` if they do not go together."""
        return Job(
            settings,
            _raster(self.content),
            tuple(
                JobStyle(_raster(style.picture), style.weight, _raster_if_any(style.mask))
                for style in self.styles
            ),
            _raster_if_any(self.mask),
            _raster_if_any(self.init),
        )

    def result(self, finished: Finished) -> Samples:
        """Return the final picture: the painting seen through the selection, over the content."""
        return blend(self.content, finished.pixels.read(), self.mask)


def _raster(picture: PictureFile) -> Raster:
    return Raster.of(picture.shape, picture.pixels)


def _raster_if_any(picture: PictureFile | None) -> Raster | None:
    return None if picture is None else _raster(picture)
