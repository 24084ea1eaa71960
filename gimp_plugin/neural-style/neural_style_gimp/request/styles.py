"""One style or two, mixed or by region: from the arguments to what a job holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neural_style_gimp.i18n import _
from neural_style_gimp.image.gimp import Gimp, Gio
from neural_style_gimp.image.target import Target, refusal
from neural_style_gimp.request import procedure_arguments as arguments
from neural_style_gimp.request.procedure_arguments import FIRST, SECOND
from neural_style_gimp.request.style import FileStyle, LayerStyle, PatternStyle, Style, StylePicture
from nst_server.values.job import PictureShape, StyleReference


@dataclass(frozen=True)
class Styles:
    """What was chosen: with a channel, the second style is painted inside it, else mixed in."""

    first: Style
    second: Style | None = None
    share: float = 50.0
    """Of the second where they are mixed, in percent."""
    channel: Any = None

    def to_wire(self, image: Any) -> dict[str, Any]:
        """JSON that tells it again; a layer or channel only if it is one of ``image``."""
        return {
            "first": _style_to_wire(self.first, image),
            "second": _style_to_wire(self.second, image),
            "share": self.share,
            "channel": _tattoo(self.channel, image),
        }


def chosen_styles(config: Any, image: Any) -> Styles:
    """The styles that the arguments name for a layer of ``image``.

    Raises `NeuralStyleError` if there is none, or if the channel does not fit.
    """
    first, second = (arguments.chosen_style(config, slot) for slot in (FIRST, SECOND))
    if first is None:
        raise refusal(_("No style picture is given."), _("Set style-file to a picture."))
    channel = config.get_property(arguments.CHANNEL)
    if channel is not None and not channel.is_valid():
        raise refusal(
            _("The channel for the second style is not there any more."),
            _("Choose another one, or none."),
        )
    if channel is not None and channel.get_image() != image:
        raise refusal(
            _("The channel “{name}” is of another image.").format(name=channel.get_name()),
            _("Set style-channel to a channel of the layer's own image."),
        )
    if channel is not None and second is None:
        raise refusal(
            _("The channel “{name}” is given without a style for its inside.").format(
                name=channel.get_name()
            ),
            _("Set style-file-2 to a picture."),
        )
    return Styles(first, second, config.get_property(arguments.MIX), channel)


def portable(told: Mapping[str, Any]) -> dict[str, Any]:
    """What `Styles.to_wire` told, without what only its image has."""

    def anywhere(style: Mapping[str, Any]) -> dict[str, Any]:
        return {kind: value for kind, value in style.items() if kind != "layer"}

    first, second = anywhere(told["first"]), anywhere(told["second"])
    return {**told, "first": first, "second": second, "channel": 0}


def show_styles(config: Any, told: Any, image: Any) -> None:
    """Set the arguments to what `Styles.to_wire` told; what is gone becomes none.

    Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` if it is not understood.
    """
    arguments.choose_style(config, FIRST, _style_from_wire(told["first"], image))
    second = _style_from_wire(told["second"], image)
    arguments.choose_style(config, SECOND, second)
    config.set_property(arguments.MIX, float(told["share"]))
    tattoo = int(told["channel"])
    channel = image.get_channel_by_tattoo(tattoo) if tattoo and second else None
    config.set_property(arguments.CHANNEL, channel)


@dataclass(frozen=True)
class PlacedStyle:
    """A style's picture with its part in a job."""

    picture: StylePicture
    weight: float = 1.0
    mask: Any = None
    """Where it is painted: one channel over the content; none is where no other's mask is."""

    def reference(self, mask: PictureShape) -> StyleReference:
        """How the job names it; ``mask`` is what a mask looks like."""
        return StyleReference(self.picture.shape, self.weight, None if self.mask is None else mask)

    @property
    def buffers(self) -> list[Any]:
        """Its pixels in the order they travel."""
        return [self.picture.pixels, *([] if self.mask is None else [self.mask])]


def on_target(
    styles: Styles,
    first: StylePicture,
    second: StylePicture | None,
    target: Target,
    folder: Path,
) -> list[PlacedStyle]:
    """The pictures of ``styles`` as they are painted on ``target`` at its full size.

    A channel's pixels are put into a file in ``folder``.
    """
    if second is None or styles.channel is None:
        return mixed(first, second, styles.share)
    return by_region(first, second, target.mask(styles.channel, folder).data)


def mixed(first: StylePicture, second: StylePicture | None, share: float) -> list[PlacedStyle]:
    """Everywhere the same mixture; ``share`` is the second's, in percent."""
    if second is None or share <= 0:
        return [PlacedStyle(first)]
    if share >= 100:
        return [PlacedStyle(second)]
    return [PlacedStyle(first, 1 - share / 100), PlacedStyle(second, share / 100)]


def by_region(first: StylePicture, second: StylePicture, mask: Any) -> list[PlacedStyle]:
    """The second style where ``mask`` is, the first elsewhere."""
    return [PlacedStyle(first), PlacedStyle(second, mask=mask)]


def references(placed: Sequence[PlacedStyle], mask: PictureShape) -> tuple[StyleReference, ...]:
    """How a job names all of them."""
    return tuple(style.reference(mask) for style in placed)


def buffers(placed: Sequence[PlacedStyle]) -> list[Any]:
    """The pixels of all of them in the order they travel."""
    return [buffer for style in placed for buffer in style.buffers]


def _style_to_wire(style: Style | None, image: Any) -> dict[str, Any]:
    match style:
        case FileStyle(file=file):
            return {"file": file.get_uri()}
        case LayerStyle(layer=layer):
            return {"layer": _tattoo(layer, image)}
        case PatternStyle(pattern=pattern):
            return {"pattern": pattern.get_name()}
        case None:
            return {}


def _style_from_wire(told: Any, image: Any) -> Style | None:
    if "file" in told:
        return FileStyle(Gio.File.new_for_uri(str(told["file"])))
    if "pattern" in told:
        pattern = Gimp.Pattern.get_by_name(str(told["pattern"]))
        return None if pattern is None else PatternStyle(pattern)
    tattoo = int(told.get("layer", 0))
    layer = image.get_layer_by_tattoo(tattoo) if tattoo else None
    return None if layer is None else LayerStyle(layer)


def _tattoo(item: Any, image: Any) -> int:
    """The number by which ``image`` knows its item, also once it is saved; 0 for another's."""
    if item is None or not item.is_valid() or item.get_image() != image:
        return 0
    return int(item.get_tattoo())
