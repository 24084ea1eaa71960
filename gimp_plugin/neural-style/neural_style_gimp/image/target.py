"""The target of a painting: the layer, its selected part, and the outputs it allows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neural_style_gimp.i18n import _
from neural_style_gimp.image.flattened import flattened, is_filtered
from neural_style_gimp.image.gimp import Babl, Gimp, GLib
from neural_style_gimp.image.kind import ImageKind
from neural_style_gimp.image.pixels import Pixels, color_format, digest, mask_format, read, release
from nst_server.values.errors import NeuralStyleError
from nst_server.values.geometry import Box
from nst_server.values.job import PictureShape, SampleType

_SAMPLES: dict[str, SampleType] = {
    **dict.fromkeys(("u8-non-linear", "u8-perceptual"), "uint8"),
    **dict.fromkeys(("u8-linear", "u16-non-linear", "u16-perceptual"), "uint16"),
}
"""Sample types that hold every value of a precision; for the others float32 is the best."""


def refusal(sentence: str, hint: str) -> NeuralStyleError:
    """Error about a wrong use, with a hint."""
    return NeuralStyleError("bad-usage", sentence, hint)


def _gone() -> NeuralStyleError:
    return refusal(_("The selected layer no longer exists."), _("Choose another one."))


@dataclass(frozen=True)
class Target:
    """A layer that can be painted; boxes are relative to the layer's top left corner."""

    image: Any
    kind: ImageKind
    layer: Any
    tattoo: int
    """Permanent number of the layer in its image."""
    bounds: Box
    """The whole layer."""
    painted: Box
    """The part that can change: the selection's box, or the whole layer."""
    context: Box
    """The part that is sent: `painted` and its surroundings."""
    selected: bool
    """True if there is a selection."""
    sample: SampleType
    """Sample type that loses next to nothing of the image's precision."""
    alpha: bool

    @classmethod
    def of(cls, image: Any, layer: Any) -> Target:
        """Target for a chosen layer. Raises `NeuralStyleError` if it cannot be painted."""
        if not image.is_valid() or not layer.is_valid():
            raise _gone()
        if image.get_floating_sel() is not None:
            raise refusal(
                _("There is a floating selection."),
                _("Anchor it, or make it a layer (Layer → To New Layer), and try again."),
            )
        if isinstance(layer, Gimp.LayerMask):
            raise refusal(
                _("The layer's mask is selected, but only layers can be painted."),
                _("Select the layer itself: click on its picture in the layers list."),
            )
        if not isinstance(layer, Gimp.Layer):
            raise refusal(
                _("“{layer}” is a channel, but only layers can be painted.").format(
                    layer=layer.get_name()
                ),
                _("Choose a layer."),
            )
        bounds = _box(layer)
        overlaps, x, y, width, height = layer.mask_intersect()
        painted = Box(x, y, width, height).intersect(bounds)
        if not overlaps or painted.is_empty:
            raise refusal(
                _("The selection does not touch the layer."),
                _("Select some part of the layer, or nothing at all (Select → None)."),
            )
        selected = not Gimp.Selection.is_empty(image)
        return cls(
            image=image,
            kind=ImageKind.of(image),
            layer=layer,
            tattoo=layer.get_tattoo(),
            bounds=bounds,
            painted=painted,
            context=painted.with_context(bounds),
            selected=selected,
            sample=_sample(image),
            alpha=layer.has_alpha(),
        )

    @property
    def shape(self) -> PictureShape:
        """Shape of the content as it is sent."""
        return PictureShape(
            self.context.width, self.context.height, 4 if self.alpha else 3, self.sample
        )

    @property
    def mask_shape(self) -> PictureShape:
        """Shape of a selection or a channel as it is sent."""
        return PictureShape(self.context.width, self.context.height, 1, self.sample)

    @property
    def format(self) -> str:
        """Babl's name for the content's pixels."""
        return color_format(self.sample, self.alpha)

    @property
    def offset(self) -> tuple[int, int]:
        """Position of the layer's top left corner in the image."""
        _, x, y = self.layer.get_offsets()
        return x, y

    def content(self, folder: Path) -> Pixels:
        """The pixels of `context` as displayed, in a file in ``folder``."""
        with flattened(self.layer) as flat:
            pixels = read(flat.get_buffer(), self.context, self.format, folder)
            release()
        return pixels

    def selection(self, folder: Path) -> Pixels | None:
        """The selection over `context`, in a file in ``folder``; None if nothing is selected."""
        if Gimp.Selection.is_empty(self.image):
            return None
        return self.mask(self.image.get_selection(), folder)

    def mask(self, channel: Any, folder: Path) -> Pixels:
        """A channel of the image over `context`, in a file in ``folder``."""
        format = mask_format(self.sample)
        return read(channel.get_buffer(), self.context, format, folder, shift=self.offset)

    def fingerprint(self) -> bytes:
        """Digest of the pixels of `context`, opaque or not, and of the selection."""
        parts = digest(self.layer.get_buffer(), self.context, color_format(self.sample, True))
        if not Gimp.Selection.is_empty(self.image):
            buffer = self.image.get_selection().get_buffer()
            parts += digest(buffer, self.context, mask_format(self.sample), shift=self.offset)
        return parts

    def own_mask(self) -> Any:
        """The layer's mask; None if it has none, or if the layer is gone or was resized."""
        intact = self.layer.is_valid() and self.has_its_size
        return self.layer.get_mask() if intact else None

    @property
    def has_its_size(self) -> bool:
        """True if the layer still has its size."""
        return _box(self.layer) == self.bounds

    def obstacle(self, output: str) -> NeuralStyleError | None:
        """Error that says why the painting cannot go to ``output``; None if it can."""
        if not self.image.is_valid() or not self.layer.is_valid():
            return _gone()
        indexed = self.image.get_base_type() == Gimp.ImageBaseType.INDEXED
        name = self.layer.get_name()
        if indexed and output != "new-image":
            return refusal(
                _("The image is indexed, and its few colors would spoil a painting."),
                _("Choose New image as output, or Image → Mode → RGB first."),
            )
        if output != "replace":
            return None
        if self.layer.is_group():
            return refusal(
                _("“{layer}” is a group: its pixels belong to its layers.").format(layer=name),
                _("Choose New layer as output."),
            )
        if is_filtered(self.layer):
            return refusal(
                _("“{layer}” has filters, which would change the painting again.").format(
                    layer=name
                ),
                _("Merge them in the layers list (fx), or choose New layer as output."),
            )
        if self.layer.is_text_layer() and not _is_rasterized(self.layer):
            return refusal(
                _("“{layer}” is a text layer, and would lose its text.").format(layer=name),
                _("Choose New layer as output."),
            )
        if _is_special(self.layer) and not _is_rasterized(self.layer):
            return refusal(
                _("“{layer}” takes its pixels from elsewhere.").format(layer=name),
                _("Choose New layer as output."),
            )
        locked = self.layer
        while locked is not None:
            if locked.get_lock_content():
                return refusal(
                    _("The pixels of “{layer}” are locked.").format(layer=locked.get_name()),
                    _("Unlock them in the layers list, or choose New layer as output."),
                )
            locked = locked.get_parent()
        return None


def _box(layer: Any) -> Box:
    return Box(0, 0, layer.get_width(), layer.get_height())


def _sample(image: Any) -> SampleType:
    """Sample type in which every pixel of an image can be sent and come back unchanged."""
    if not _is_srgb(image.get_color_profile()):
        return "float32"  # which also holds colors outside sRGB
    return _SAMPLES.get(image.get_precision().value_nick, "float32")


def _is_srgb(profile: Any) -> bool:
    """True for no profile, and for sRGB's of any maker: GIMP's library takes them for the same."""
    if profile is None:
        return True
    try:
        space = profile.get_space(Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC)
    except GLib.Error:
        return False
    return bool(Babl.get_name(space) == "sRGB")


def _is_special(layer: Any) -> bool:
    """True for the kinds of layers that GIMP 3.2 added: link and vector layers."""
    return any(
        hasattr(Gimp, kind) and isinstance(layer, getattr(Gimp, kind))
        for kind in ("LinkLayer", "VectorLayer")
    )


def _is_rasterized(layer: Any) -> bool:
    """True if a text, link or vector layer of GIMP 3.2 has pixels of its own (Layer → Rasterize).

    They are kept if they are put by merge_shadow; those put into its buffer are lost on opening.
    """
    rasterizable = getattr(Gimp, "Rasterizable", None)
    return rasterizable is not None and isinstance(layer, rasterizable) and layer.is_rasterized()
