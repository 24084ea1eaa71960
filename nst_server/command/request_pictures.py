"""The picture files of a request, each read as often as is needed and no oftener."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nst_server.command.stylize_request import StylizeRequest
from nst_server.pictures.picture_file import PictureFile
from nst_server.pictures.reading import reader
from nst_server.studio.job_pictures import JobPictures, StyleInput


@dataclass(frozen=True)
class RequestPictures:
    """Pictures that are the same for every content of a request."""

    request: StylizeRequest
    styles: tuple[PictureFile, ...]
    init: PictureFile | None

    @classmethod
    def of(cls, request: StylizeRequest) -> RequestPictures:
        """Read the styles and the picture to start from. Raises `NeuralStyleError`."""
        return cls(
            request,
            tuple(reader.read(style.path) for style in request.styles),
            None if request.init is None else reader.read(request.init),
        )

    def with_content(self, content: PictureFile) -> JobPictures:
        """Return them with a content and the masks in its size. Raises `NeuralStyleError`."""

        def mask(path: Path | None) -> PictureFile | None:
            size = content.shape.width, content.shape.height
            return None if path is None else reader.read_mask(path, *size)

        pairs = zip(self.styles, self.request.styles, strict=True)
        styles = tuple(
            StyleInput(picture, style.weight, mask(style.mask)) for picture, style in pairs
        )
        return JobPictures(content, styles, mask(self.request.selection), self.init)
