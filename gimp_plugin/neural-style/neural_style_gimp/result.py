"""The painting into the image: a new layer, in place, or a new image; always one undo step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from neural_style_gimp.editor import Gimp
from neural_style_gimp.i18n import _
from neural_style_gimp.pixels import Pixels, copy, multiply, release, write
from neural_style_gimp.target import Target
from neural_style_gimp.wording import layer_name
from nst_server.client.events import Finished
from nst_server.errors import NeuralStyleError

PARASITE = "plug-in-neural-style"


@dataclass(frozen=True)
class Painting:
    """What the server made of ``target``, and the selection that held when it was sent."""

    target: Target
    finished: Finished
    mask: Pixels | None
    style_name: str
    style_uri: str
    """Empty for a layer."""
    second_uri: str = ""
    mix: float = 0.0

    @property
    def pixels(self) -> Pixels:
        """The painted pixels of the target's context."""
        return Pixels(self.target.context, self.target.format, self.finished.pixels)

    @property
    def name(self) -> str:
        """Name of a new layer."""
        return layer_name(self.style_name, self.finished.report)

    def parasite(self) -> Any:
        """How it was painted, as JSON that stays with the layer."""
        report = self.finished.report.to_wire()
        told = {
            "settings": report.pop("settings"),
            "style": self.style_uri,
            "second style": self.second_uri,
            "mix": self.mix,
            "layer": self.target.layer.get_tattoo(),
            "report": report,
        }
        return Gimp.Parasite.new(
            PARASITE,
            Gimp.PARASITE_PERSISTENT | Gimp.PARASITE_UNDOABLE,
            json.dumps(told).encode(),
        )


def place(paintings: Sequence[Painting], output: str) -> list[Any]:
    """Put the paintings of layers of one image where ``output`` says; the layers that have them.

    The image is untouched if one has no place any more.
    """
    for painting in paintings:
        _check_unchanged(painting.target)
    if output == "new-image":
        return [_as_new_image(painting) for painting in paintings]
    image = paintings[0].target.image
    with _one_undo_step(image):
        layers = [_placed(painting, output) for painting in paintings]
        image.set_selected_layers(layers)
    return layers


def _placed(painting: Painting, output: str) -> Any:
    """In place only where the selection is as it was when the pixels were sent.

    If the user changed it meanwhile, the painting becomes a new layer.
    """
    if output == "replace":
        if painting.target.selection_is(painting.mask):
            return _in_place(painting)
        Gimp.message(
            _(
                "The selection was changed while the layer was painted, "
                "so the painting is a new layer instead."
            )
        )
    return _as_new_layer(painting)


def _check_unchanged(target: Target) -> None:
    same = (
        target.image.is_valid()
        and target.layer.is_valid()
        and target.layer.get_width() == target.bounds.width
        and target.layer.get_height() == target.bounds.height
    )
    if not same:
        raise NeuralStyleError(
            "bad-usage",
            _(
                "The layer was resized or deleted while it was painted, "
                "so there is no place for the painting."
            ),
            _("Start it again."),
        )


def _as_new_layer(painting: Painting) -> Any:
    target = painting.target
    layer = _painted_layer(painting, target.image)
    x, y = target.offset
    layer.set_offsets(x + target.painted.x, y + target.painted.y)
    position = target.image.get_item_position(target.layer)
    _insist(target.image.insert_layer(layer, target.layer.get_parent(), position))
    _add_mask(painting, layer)
    return layer


def _in_place(painting: Painting) -> Any:
    target = painting.target
    shadow = target.layer.get_shadow_buffer()
    write(shadow, painting.pixels, target.painted)
    del shadow
    release()
    _insist(target.layer.merge_shadow(True))
    box = target.painted
    target.layer.update(box.x, box.y, box.width, box.height)
    target.layer.attach_parasite(painting.parasite())
    return target.layer


def _as_new_image(painting: Painting) -> Any:
    target = painting.target
    image = Gimp.Image.new_with_precision(
        target.painted.width,
        target.painted.height,
        Gimp.ImageBaseType.RGB,
        target.image.get_precision(),
    )
    image.undo_disable()
    if target.image.get_base_type() != Gimp.ImageBaseType.GRAY:  # whose profile does not fit RGB
        image.set_color_profile(target.image.get_effective_color_profile())
    _, horizontal, vertical = target.image.get_resolution()
    image.set_resolution(horizontal, vertical)
    image.set_unit(target.image.get_unit())
    layer = _painted_layer(painting, image)
    image.insert_layer(layer, None, 0)
    _add_mask(painting, layer)
    image.undo_enable()
    return layer


def _painted_layer(painting: Painting, image: Any) -> Any:
    """A layer of the painted box, not yet in the image."""
    target = painting.target
    rgb = image.get_base_type() != Gimp.ImageBaseType.GRAY
    kinds = (
        (Gimp.ImageType.RGB_IMAGE, Gimp.ImageType.RGBA_IMAGE)
        if rgb
        else (Gimp.ImageType.GRAY_IMAGE, Gimp.ImageType.GRAYA_IMAGE)
    )
    box = target.painted
    layer = Gimp.Layer.new(
        image,
        painting.name,
        box.width,
        box.height,
        kinds[target.alpha or target.selected],
        100,
        Gimp.LayerMode.NORMAL,
    )
    write(layer.get_buffer(), painting.pixels, box, shift=(-box.x, -box.y))
    release()
    layer.update(0, 0, box.width, box.height)
    layer.attach_parasite(painting.parasite())
    return layer


def _add_mask(painting: Painting, layer: Any) -> None:
    """The mask that the painted layer has, and the selection as it was when the pixels were sent.

    Where there are both, what is seen is what both let through.
    """
    own = painting.target.layer.get_mask()
    if own is None and painting.mask is None:
        return
    applied = own is not None and painting.target.layer.get_apply_mask()
    box = painting.target.painted
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    if painting.mask is None:
        copy(own.get_buffer(), box, mask.get_buffer())
        layer.set_apply_mask(applied)
    else:
        write(mask.get_buffer(), painting.mask, box, shift=(-box.x, -box.y))
        if applied:
            multiply(mask.get_buffer(), own.get_buffer(), box)
    release()
    mask.update(0, 0, box.width, box.height)
    layer.set_edit_mask(False)


@contextmanager
def _one_undo_step(image: Any) -> Iterator[None]:
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()


def _insist(done: bool) -> None:
    if not done:
        raise NeuralStyleError(
            "bad-usage",
            _("GIMP refused to put the painting into the image: {reason}.").format(
                reason=Gimp.get_pdb().get_last_error() or _("it gave no reason")
            ),
            _("Choose New image as output."),
        )
