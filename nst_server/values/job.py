"""A job: settings and pictures, as the header that waits in a queue or with their pixels.

`Job` is generic over its pictures. As a `JobHeader` it has only their shapes, which travel first;
as an `nst_server.wire.order.Order` it has their pixels too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar, get_args

from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings

SampleType = Literal["uint8", "uint16", "float32"]

_SAMPLE_TYPES = get_args(SampleType)

SAMPLE_BYTES: dict[SampleType, int] = {"uint8": 1, "uint16": 2, "float32": 4}
"""Size in bytes of each sample type that travels, little endian."""

MAXIMUM_SIDE = 65535
"""Longest side of any picture, in pixels."""

MAXIMUM_STYLES = 8
MINIMUM_WEIGHT = 1e-6
"""Least weight of a style that is not 0: less would vanish among others in the engine's numbers."""
MAXIMUM_WEIGHT = 1e6


@dataclass(frozen=True)
class PictureShape:
    """Size and sample type of a picture whose pixels travel separately.

    Pixels are rows from the top without padding, channels interleaved: 1 mask, 3 RGB, 4 RGB and
    straight alpha. Integer samples span their range, float32 spans [0, 1]; all sRGB-encoded.
    Raises `NeuralStyleError` ``bad-image`` for anything else.
    """

    width: int
    height: int
    channels: int
    sample: SampleType

    def __post_init__(self) -> None:
        for side in (self.width, self.height):
            if type(side) is not int or not 1 <= side <= MAXIMUM_SIDE:
                raise NeuralStyleError(
                    "bad-image",
                    "A picture of {width}×{height} pixels cannot be used.",
                    "Each side must be from 1 to {most} pixels.",
                    width=self.width,
                    height=self.height,
                    most=MAXIMUM_SIDE,
                )
        is_whole = type(self.channels) is int
        if not is_whole or self.channels not in (1, 3, 4) or self.sample not in _SAMPLE_TYPES:
            raise NeuralStyleError(
                "bad-image",
                "Pixels of {channels} channels of {sample} are not understood.",
                channels=repr(self.channels),
                sample=repr(self.sample),
            )

    @property
    def size_in_bytes(self) -> int:
        """Length of the pixels in bytes."""
        return self.width * self.height * self.channels * SAMPLE_BYTES[self.sample]

    @property
    def shape(self) -> PictureShape:
        """The shape alone, also of a picture that has pixels."""
        return PictureShape(self.width, self.height, self.channels, self.sample)

    @property
    def has_color(self) -> bool:
        """True for RGB, with alpha or without; False for a mask."""
        return self.channels > 1

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object that travels."""
        return {
            "width": self.width,
            "height": self.height,
            "channels": self.channels,
            "sample": self.sample,
        }

    @classmethod
    def from_wire(cls, wire: Any) -> PictureShape:
        """Return a checked shape. Raises `NeuralStyleError` ``bad-image``."""
        values = wire if isinstance(wire, Mapping) else {}
        sample: Any = str(values.get("sample"))
        size: tuple[Any, Any] = (values.get("width"), values.get("height"))
        return PictureShape(*size, values.get("channels"), sample)  # type: ignore[arg-type]


P = TypeVar("P", bound=PictureShape)
Q = TypeVar("Q", bound=PictureShape)


@dataclass(frozen=True)
class JobStyle(Generic[P]):
    """A style picture of a job and its weight relative to the others."""

    picture: P
    weight: float = 1.0
    mask: P | None = None
    """Region in which the style is painted: one channel, the content's size. Styles without a
    mask are painted where no other style's mask is."""


@dataclass(frozen=True)
class PlannedPainting:
    """The painting that a draft previews; the draft's report estimates its time."""

    settings: Settings
    width: int
    height: int


@dataclass(frozen=True)
class Job(Generic[P]):
    """Settings and all pictures, checked when it is made.

    Raises `NeuralStyleError` ``bad-settings`` or ``bad-image`` for pictures that do not go
    together.
    """

    settings: Settings
    content: P
    styles: tuple[JobStyle[P], ...]
    mask: P | None = None
    """Selection: one channel, the content's size; 0 is kept, full is painted."""
    init: P | None = None
    """Picture to start from, of any size, where the setting ``init`` says so."""
    planned: PlannedPainting | None = None
    animation: str = ""
    """Name of the animation whose next frame the content is; empty for a picture by itself."""

    def __post_init__(self) -> None:
        if not self.content.has_color:
            raise NeuralStyleError("bad-image", "The content must have color channels.")
        _check_mask(self.mask, self.content)
        if self.settings.init == "picture" and (self.init is None or not self.init.has_color):
            raise NeuralStyleError("bad-image", "The picture to start from has no colors.")
        if not 1 <= len(self.styles) <= MAXIMUM_STYLES:
            raise NeuralStyleError(
                "bad-settings",
                "A job needs at least one style picture.",
                "Give 1 to {most} styles.",
                most=MAXIMUM_STYLES,
            )
        for style in self.styles:
            if style.weight != 0 and not MINIMUM_WEIGHT <= style.weight <= MAXIMUM_WEIGHT:
                raise _bad_weight(style.weight)
            if not style.picture.has_color:
                raise NeuralStyleError("bad-image", "A style must have color channels.")
            _check_mask(style.mask, self.content)
        if not any(style.weight > 0 for style in self.styles):
            raise NeuralStyleError("bad-settings", "At least one style must have a weight over 0.")

    def map(self, convert: Callable[[P], Q]) -> Job[Q]:
        """Return the job with every picture converted, in the order in which their pixels travel.

        That order, content, mask, initial picture, then each style and its mask, is written here
        and nowhere else.
        """

        def if_any(picture: P | None) -> Q | None:
            return None if picture is None else convert(picture)

        content, mask, init = convert(self.content), if_any(self.mask), if_any(self.init)
        styles = tuple(
            JobStyle(convert(style.picture), style.weight, if_any(style.mask))
            for style in self.styles
        )
        return Job(self.settings, content, styles, mask, init, self.planned, self.animation)

    def pictures(self) -> list[P]:
        """Return all pictures in the order of `map`."""
        pictures: list[P] = []

        def collect(picture: P) -> P:
            pictures.append(picture)
            return picture

        self.map(collect)
        return pictures

    def header(self) -> JobHeader:
        """Return the job without pixels."""
        return self.map(lambda picture: picture.shape)

    @property
    def size_in_bytes(self) -> int:
        """Length of all pixels together, in bytes."""
        return sum(picture.size_in_bytes for picture in self.pictures())

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object that travels: the header."""
        planned = self.planned
        return {
            "settings": self.settings.to_wire(),
            "content": self.content.to_wire(),
            "mask": None if self.mask is None else self.mask.to_wire(),
            "init": None if self.init is None else self.init.to_wire(),
            "animation": self.animation,
            "planned": planned
            and {
                "settings": planned.settings.to_wire(),
                "width": planned.width,
                "height": planned.height,
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
    def from_wire(cls, wire: Any) -> JobHeader:
        """Return a checked header. Raises `NeuralStyleError` ``bad-settings`` or ``bad-image``."""
        values = wire if isinstance(wire, Mapping) else {}
        settings = Settings.from_wire(values.get("settings"))
        listed = values.get("styles")
        styles = listed if isinstance(listed, list) else []
        has_init = settings.init == "picture"
        return Job(
            settings,
            PictureShape.from_wire(values.get("content")),
            tuple(_style_from_wire(style) for style in styles[: MAXIMUM_STYLES + 1]),
            _mask_from_wire(values.get("mask")),
            PictureShape.from_wire(values.get("init")) if has_init else None,
            _planned_from_wire(values.get("planned")),
            str(values.get("animation", "")),
        )


JobHeader: TypeAlias = Job[PictureShape]
"""A job without pixels, which travels first and waits in the queue."""


def _check_mask(mask: PictureShape | None, content: PictureShape) -> None:
    if mask is None:
        return
    if mask.channels != 1 or (mask.width, mask.height) != (content.width, content.height):
        raise NeuralStyleError("bad-image", "A mask must have one channel and the content's size.")


def _mask_from_wire(wire: Any) -> PictureShape | None:
    return None if wire is None else PictureShape.from_wire(wire)


def _planned_from_wire(wire: Any) -> PlannedPainting | None:
    if wire is None:
        return None
    values = wire if isinstance(wire, Mapping) else {}
    # Checked as the picture that would be painted.
    shape = PictureShape.from_wire({**values, "channels": 3, "sample": "uint8"})
    return PlannedPainting(Settings.from_wire(values.get("settings")), shape.width, shape.height)


def _style_from_wire(wire: Any) -> JobStyle[PictureShape]:
    values = wire if isinstance(wire, Mapping) else {}
    picture = PictureShape.from_wire(values.get("picture"))
    weight = values.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise _bad_weight(weight)
    return JobStyle(picture, float(weight), _mask_from_wire(values.get("mask")))


def _bad_weight(weight: object) -> NeuralStyleError:
    return NeuralStyleError(
        "bad-settings",
        "{weight} is not allowed as a style's weight.",
        "It is 0, or a number from {least} to {most}.",
        weight=repr(weight),
        least=f"{MINIMUM_WEIGHT:.6f}",
        most=f"{MAXIMUM_WEIGHT:.0f}",
    )
