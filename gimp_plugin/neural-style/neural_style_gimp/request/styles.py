"""One or two styles, mixed or by region: read from the arguments and placed for a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neural_style_gimp.i18n import _
from neural_style_gimp.image.gimp import Gimp, Gio
from neural_style_gimp.image.target import Target, refusal
from neural_style_gimp.request import procedure_arguments as arguments
from neural_style_gimp.request.procedure_arguments import FIRST, SECOND
from neural_style_gimp.request.style_source import (
    FileStyle,
    LayerStyle,
    PatternStyle,
    StylePicture,
    StyleSource,
)
from nst_server.values.job import JobStyle
from nst_server.values.recipe import RecipeStyle
from nst_server.wire.order import Raster


@dataclass(frozen=True)
class Styles:
    """The chosen styles: the second is painted inside the channel or, without one, mixed in."""

    first: StyleSource
    second: StyleSource | None = None
    share: float = 50.0
    """Share of the second style in a mixture, in percent."""
    channel: Any = None

    def named(self, image: Any) -> tuple[RecipeStyle, ...]:
        """Return the styles by name; only layers and channels of ``image`` have numbers."""
        share = self.share / 100
        first = _named(self.first, image, 1.0 if self.second is None else 1 - share)
        if self.second is None:
            return (first,)
        region = _tattoo(self.channel, image)
        return first, replace(_named(self.second, image, share), region=region)


def chosen_styles(config: Any, image: Any) -> Styles:
    """Return the styles that the arguments name for a layer of ``image``.

    Raises `NeuralStyleError` if there is none, or if the channel does not fit.
    """
    first, second = (
        arguments.chosen_style(config, style_arguments) for style_arguments in (FIRST, SECOND)
    )
    if first is None:
        raise refusal(_("No style picture is given."), _("Set style-file to a picture."))
    channel = config.get_property(arguments.CHANNEL)
    if channel is not None and not channel.is_valid():
        raise refusal(
            _("The channel for the second style no longer exists."),
            _("Choose another one, or none."),
        )
    if channel is not None and channel.get_image() != image:
        raise refusal(
            _("The channel “{name}” is of another image.").format(name=channel.get_name()),
            _("Set style-channel to a channel of the layer's own image."),
        )
    if channel is not None and second is None:
        raise refusal(
            _("The channel “{name}” needs a second style to be painted inside it.").format(
                name=channel.get_name()
            ),
            _("Set style-file-2 to a picture."),
        )
    return Styles(first, second, config.get_property(arguments.MIX), channel)


def show_styles(config: Any, named: Sequence[RecipeStyle], image: Any) -> None:
    """Set the arguments to styles by name; those of a missing style or channel are emptied."""
    second = named[1] if len(named) > 1 else None
    arguments.choose_style(config, FIRST, _by_name(named[0], image) if named else None)
    second_style = None if second is None else _by_name(second, image)
    arguments.choose_style(config, SECOND, second_style)
    channel = None
    if second is not None:
        config.set_property(
            arguments.MIX, round(100 * second.weight, 6)
        )  # 7, not 7.000000000000001
        if second.region and second_style is not None:
            channel = image.get_channel_by_tattoo(second.region)
    config.set_property(arguments.CHANNEL, channel)


@dataclass(frozen=True)
class PlacedStyle:
    """A style's picture with its part in a job."""

    picture: StylePicture
    weight: float = 1.0
    mask: Raster | None = None
    """Region in which it is painted, over the content; a style without one is painted where no
    other style's mask is."""

    @property
    def job_style(self) -> JobStyle[Raster]:
        """The style in the form that an order holds."""
        return JobStyle(self.picture.raster, self.weight, self.mask)


def on_target(
    styles: Styles,
    first: StylePicture,
    second: StylePicture | None,
    target: Target,
    folder: Path,
) -> list[PlacedStyle]:
    """Return the pictures of ``styles`` as they are painted on ``target`` at its full size.

    A channel's pixels are put into a file in ``folder``.
    """
    if second is None or styles.channel is None:
        return mixed(first, second, styles.share)
    mask = target.mask(styles.channel, folder)
    return by_region(first, second, Raster.of(target.mask_shape, mask.data))


def mixed(first: StylePicture, second: StylePicture | None, share: float) -> list[PlacedStyle]:
    """Return the same mixture for the whole content; ``share`` is the second's, in percent."""
    if second is None or share <= 0:
        return [PlacedStyle(first)]
    if share >= 100:
        return [PlacedStyle(second)]
    return [PlacedStyle(first, 1 - share / 100), PlacedStyle(second, share / 100)]


def by_region(first: StylePicture, second: StylePicture, mask: Raster) -> list[PlacedStyle]:
    """Return the second style for the region ``mask``, and the first for the rest."""
    return [PlacedStyle(first), PlacedStyle(second, mask=mask)]


def _named(style: StyleSource, image: Any, weight: float) -> RecipeStyle:
    match style:
        case FileStyle(file=file):
            return RecipeStyle("file", file.get_uri(), weight)
        case LayerStyle(layer=layer):
            return RecipeStyle("layer", str(_tattoo(layer, image)), weight)
        case PatternStyle(pattern=pattern):
            return RecipeStyle("pattern", pattern.get_name(), weight)


def _by_name(named: RecipeStyle, image: Any) -> StyleSource | None:
    match named.kind:
        case "file":
            return FileStyle(Gio.File.new_for_uri(named.name))
        case "pattern":
            pattern = Gimp.Pattern.get_by_name(named.name)
            return None if pattern is None else PatternStyle(pattern)
        case "layer":
            tattoo = int(named.name)
            layer = image.get_layer_by_tattoo(tattoo) if tattoo else None
            return None if layer is None else LayerStyle(layer)


def _tattoo(item: Any, image: Any) -> int:
    """Return the number of an item in ``image``, which outlasts saving; 0 in other images."""
    if item is None or not item.is_valid() or item.get_image() != image:
        return 0
    return int(item.get_tattoo())
