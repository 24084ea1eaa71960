"""Putting a painting into a new layer, in place or into a new image; always one undo step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from neural_style_gimp.i18n import _
from neural_style_gimp.image.gimp import Gimp, tell
from neural_style_gimp.image.pixels import Pixels, copy, multiply, release, write
from neural_style_gimp.image.target import Target
from neural_style_gimp.placing.destination import destination
from neural_style_gimp.progress.wording import layer_name
from neural_style_gimp.request.remembered import parasite_of
from nst_server.values.recipe import Made, Recipe, installed_versions
from nst_server.wire.events import Finished


@dataclass(frozen=True)
class PaintedTarget:
    """The server's painting of ``target``, and the selection at the time when it was sent."""

    target: Target
    finished: Finished
    mask: Pixels | None
    style_name: str
    recipe: Recipe
    """The request for it, with the numbers of the target's image."""
    fingerprint: bytes = b""
    """Fingerprint of the target when its pixels were sent, if they are to be replaced."""

    @property
    def pixels(self) -> Pixels:
        """The painted pixels of the target's context."""
        return Pixels(self.target.context, self.target.format, self.finished.pixels)

    @property
    def name(self) -> str:
        """Name of a new layer."""
        return layer_name(self.style_name, self.finished.report)

    def recipe_for(self, image: Any) -> Recipe:
        """Return the recipe that stays with the layer in ``image``."""
        made = replace(
            self.recipe, made=Made.of(self.finished.report), versions=installed_versions()
        )
        if image != self.target.image:
            return made.portable()
        return replace(made, layer=self.target.tattoo)


def place(paintings: Sequence[PaintedTarget], output: str) -> list[Any]:
    """Put the paintings of one image's layers where ``output`` says; return the layers with them.

    A painting that no longer fits there becomes a new layer or a new image, and the user is told:
    nobody should wait for minutes for nothing. All changes in the image are one undo step.
    """
    image = paintings[0].target.image
    plan = [
        (painting, *destination(painting.target, output, painting.fingerprint))
        for painting in paintings
    ]
    changes = any(where != "new-image" for _painting, where, _reason in plan)
    with _one_undo_step(image) if changes else nullcontext():
        placed = [_placed(*planned) for planned in plan]
        layers = [layer for layer, _reason in placed]
        own_layers = [layer for layer in layers if layer.get_image() == image]
        if own_layers:
            image.set_selected_layers(own_layers)
    for reason in dict.fromkeys(reason for _layer, reason in placed if reason):
        tell(reason)
    return layers


def _placed(painting: PaintedTarget, where: str, reason: str) -> tuple[Any, str]:
    """Return the layer with the painting and, if it is not in the wished place, the reason."""
    try:
        return _PLACES[where](painting), reason
    except _Refused as refused:
        return _as_new_image(painting), str(refused)


def _as_new_layer(painting: PaintedTarget) -> Any:
    target = painting.target
    layer = _painted_layer(painting, target.image)
    x, y = target.offset
    layer.set_offsets(x + target.painted.x, y + target.painted.y)
    position = target.image.get_item_position(target.layer)
    _insist(target.image.insert_layer(layer, target.layer.get_parent(), position))
    _add_mask(painting, layer)
    return layer


def _in_place(painting: PaintedTarget) -> Any:
    target = painting.target
    shadow = target.layer.get_shadow_buffer()
    write(shadow, painting.pixels, target.painted)
    del shadow
    release()
    _insist(target.layer.merge_shadow(True))
    box = target.painted
    target.layer.update(box.x, box.y, box.width, box.height)
    target.layer.attach_parasite(parasite_of(painting.recipe_for(target.image)))
    return target.layer


def _as_new_image(painting: PaintedTarget) -> Any:
    box = painting.target.painted
    image = painting.target.kind.new_image(box.width, box.height)
    layer = _painted_layer(painting, image)
    image.insert_layer(layer, None, 0)
    _add_mask(painting, layer)
    image.undo_enable()
    return layer


def _painted_layer(painting: PaintedTarget, image: Any) -> Any:
    """Return a layer of the painted box, not yet in the image."""
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
    layer.attach_parasite(parasite_of(painting.recipe_for(image)))
    return layer


def _add_mask(painting: PaintedTarget, layer: Any) -> None:
    """Add a mask made of the painted layer's mask and the selection when the pixels were sent.

    If there are both, they are multiplied.
    """
    layer_mask = painting.target.own_mask()
    if layer_mask is None and painting.mask is None:
        return
    applied = layer_mask is not None and painting.target.layer.get_apply_mask()
    box = painting.target.painted
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    # Before it is added: GIMP ends a plug-in that writes into a locked layer, and the layer
    # may be locked by its group.
    if painting.mask is None:
        copy(layer_mask.get_buffer(), box, mask.get_buffer())
    else:
        write(mask.get_buffer(), painting.mask, box, shift=(-box.x, -box.y))
        if applied:
            multiply(mask.get_buffer(), layer_mask.get_buffer(), box)
    release()
    layer.add_mask(mask)
    if painting.mask is None:
        layer.set_apply_mask(applied)
    layer.set_edit_mask(False)


@contextmanager
def _one_undo_step(image: Any) -> Iterator[None]:
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()


class _Refused(Exception):  # noqa: N818 - reported, and the painting is kept
    """GIMP did not take the painting."""


def _insist(done: bool) -> None:
    if not done:
        raise _Refused(
            _(
                "GIMP refused to put the painting into the image ({reason}), so it is a new image."
            ).format(reason=Gimp.get_pdb().get_last_error() or _("it gave no reason"))
        )


_PLACES = {"new-layer": _as_new_layer, "replace": _in_place, "new-image": _as_new_image}
