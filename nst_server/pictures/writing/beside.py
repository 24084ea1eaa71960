"""Profile, recipe and metadata, which a file holds beside its pixels."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from nst_server.pictures import color_profiles
from nst_server.pictures.metadata import ROOM, Metadata
from nst_server.pictures.writing.formats import Format


@dataclass(frozen=True)
class Beside:
    """Everything beside the pixels that the format can hold."""

    profile: bytes | None = None
    recipe: str = ""
    exif: Image.Exif | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    cicp: bytes | None = None

    @classmethod
    def fitting(
        cls, form: Format, profile: bytes | None, metadata: Metadata, recipe: str
    ) -> Beside:
        """All that is known, without what ``form`` cannot hold."""
        dpi, limits = metadata.dpi, form.dpi
        if limits is None or (dpi and not all(limits[0] <= side <= limits[1] for side in dpi)):
            dpi = None
        srgb = profile is None or color_profiles.is_srgb(profile)
        fits = metadata.xmp is not None and (form.name != "JPEG" or len(metadata.xmp) <= ROOM)
        xmp = metadata.xmp if fits else None
        return cls(profile, recipe, metadata.exif_with(recipe, srgb), xmp, dpi, metadata.cicp)
