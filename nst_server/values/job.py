"""One request object: what a client asks of the server, apart from the pixels themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings

SAMPLE_BYTES = {"uint8": 1, "uint16": 2, "float32": 4}
"""Sample types that travel (native byte order, little endian) and their size in bytes."""

MAXIMUM_SIDE = 65535
MAXIMUM_STYLES = 8


@dataclass(frozen=True)
class PictureShape:
    """Size and sample type of a picture whose pixels travel separately.

    Pixels are rows from the top without padding, channels interleaved: 1 mask, 3 RGB, 4 RGB and
    straight alpha. Integer samples span their range, float32 spans [0, 1]; all sRGB-encoded.
    """

    width: int
    height: int
    channels: int
    sample: str

    @property
    def size_in_bytes(self) -> int:
        """Length of the pixels."""
        return self.width * self.height * self.channels * SAMPLE_BYTES[self.sample]

    def to_wire(self) -> dict[str, Any]:
        """The JSON object that travels."""
        return {
            "width": self.width,
            "height": self.height,
            "channels": self.channels,
            "sample": self.sample,
        }

    @classmethod
    def from_wire(cls, wire: Any) -> PictureShape:
        """A checked shape. Raises `NeuralStyleError` ``bad-image``."""
        fields = wire if isinstance(wire, Mapping) else {}
        width, height = fields.get("width"), fields.get("height")
        for side in (width, height):
            if type(side) is not int or not 1 <= side <= MAXIMUM_SIDE:
                raise NeuralStyleError(
                    "bad-image",
                    "A picture of {width}×{height} pixels cannot be used.",
                    "Each side must be from 1 to {most} pixels.",
                    width=width,
                    height=height,
                    most=MAXIMUM_SIDE,
                )
        channels, sample = fields.get("channels"), str(fields.get("sample"))
        if channels not in (1, 3, 4) or sample not in SAMPLE_BYTES:
            raise NeuralStyleError(
                "bad-image",
                "Pixels of {channels} channels of {sample} are not understood.",
                channels=repr(channels),
                sample=repr(sample),
            )
        assert type(width) is int and type(height) is int  # told to the type checker
        return cls(width, height, channels, sample)


@dataclass(frozen=True)
class StyleReference:
    """One style picture and how much it counts beside the others."""

    picture: PictureShape
    weight: float = 1.0
    mask: PictureShape | None = None
    """Where it is painted: one channel, the content's size; None where no other style's mask is."""


@dataclass(frozen=True)
class PlannedPainting:
    """The real painting that a draft stands for; the draft's report estimates it."""

    settings: Settings
    width: int
    height: int


@dataclass(frozen=True)
class Job:
    """Settings and the shapes of all pictures; `pictures` gives the order the pixels travel in."""

    settings: Settings
    content: PictureShape
    styles: tuple[StyleReference, ...]
    mask: PictureShape | None = None
    """Selection: one channel, the content's size; 0 is kept, full is painted."""
    init: PictureShape | None = None
    """What to start from, of any size, where the setting ``init`` says so."""
    planned: PlannedPainting | None = None

    def pictures(self) -> Iterator[PictureShape]:
        """Content, mask and initial picture if there are, then each style and its mask if any."""
        yield self.content
        if self.mask is not None:
            yield self.mask
        if self.init is not None:
            yield self.init
        for style in self.styles:
            yield style.picture
            if style.mask is not None:
                yield style.mask

    @property
    def size_in_bytes(self) -> int:
        """Length of all pixels together."""
        return sum(picture.size_in_bytes for picture in self.pictures())

    def to_wire(self) -> dict[str, Any]:
        """The JSON object that travels."""
        return {
            "settings": self.settings.to_wire(),
            "content": self.content.to_wire(),
            "mask": None if self.mask is None else self.mask.to_wire(),
            "init": None if self.init is None else self.init.to_wire(),
            "planned": None
            if self.planned is None
            else {
                "settings": self.planned.settings.to_wire(),
                "width": self.planned.width,
                "height": self.planned.height,
            },
            "styles": [
                {
                    "picture": style.picture.to_wire(),
                    "weight": style.weight,
                    "mask": None if style.mask is None else style.mask.to_wire(),
                }
                for style in self.styles
            ],
        }

    @classmethod
    def from_wire(cls, wire: Any) -> Job:
        """A checked job. Raises `NeuralStyleError` ``bad-settings`` or ``bad-image``."""
        fields = wire if isinstance(wire, Mapping) else {}
        settings = Settings.from_wire(fields.get("settings"))
        content = PictureShape.from_wire(fields.get("content"))
        if content.channels == 1:
            raise NeuralStyleError("bad-image", "The content must have colour channels.")
        mask = _mask_from_wire(fields.get("mask"), content)
        init = None
        if settings.init == "picture":
            init = PictureShape.from_wire(fields.get("init"))
            if init.channels == 1:
                raise NeuralStyleError("bad-image", "The picture to start from has no colours.")
        listed = fields.get("styles")
        if not isinstance(listed, list) or not 1 <= len(listed) <= MAXIMUM_STYLES:
            raise NeuralStyleError(
                "bad-settings",
                "A job needs at least one style picture.",
                "Give 1 to {most} styles.",
                most=MAXIMUM_STYLES,
            )
        styles = tuple(_style_from_wire(entry, content) for entry in listed)
        if not any(style.weight > 0 for style in styles):
            raise NeuralStyleError("bad-settings", "At least one style must have a weight over 0.")
        return cls(settings, content, styles, mask, init, _planned_from_wire(fields.get("planned")))


def _mask_from_wire(wire: Any, content: PictureShape) -> PictureShape | None:
    if wire is None:
        return None
    mask = PictureShape.from_wire(wire)
    if mask.channels != 1 or (mask.width, mask.height) != (content.width, content.height):
        raise NeuralStyleError("bad-image", "A mask must have one channel and the content's size.")
    return mask


def _planned_from_wire(wire: Any) -> PlannedPainting | None:
    if wire is None:
        return None
    fields = wire if isinstance(wire, Mapping) else {}
    # Checked as the picture that it would be.
    shape = PictureShape.from_wire({**fields, "channels": 3, "sample": "uint8"})
    return PlannedPainting(Settings.from_wire(fields.get("settings")), shape.width, shape.height)


def _style_from_wire(wire: Any, content: PictureShape) -> StyleReference:
    fields = wire if isinstance(wire, Mapping) else {}
    picture = PictureShape.from_wire(fields.get("picture"))
    weight = fields.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1e6:
        raise NeuralStyleError(
            "bad-settings", "{weight} is no weight for a style.", weight=repr(weight)
        )
    if picture.channels == 1:
        raise NeuralStyleError("bad-image", "A style must have colour channels.")
    return StyleReference(picture, float(weight), _mask_from_wire(fields.get("mask"), content))
