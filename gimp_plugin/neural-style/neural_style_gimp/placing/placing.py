"""The painting into the image: a new layer, in place, or a new image; always one undo step."""

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
    """What the server made of ``target``, and the selection that held when it was sent."""

    target: Target
    finished: Finished
    mask: Pixels | None
    style_name: str
    recipe: Recipe
    """How it was asked for, with the numbers of the target's image."""
    fingerprint: bytes = b""
    """Of the target when its pixels were sent, where they are to be replaced."""

    @property
    def pixels(self) -> Pixels:
        """The painted pixels of the target's context."""
        return Pixels(self.target.context, self.target.format, self.finished.pixels)

    @property
    def name(self) -> str:
        """Name of a new layer."""
        return layer_name(self.style_name, self.finished.report)

    def recipe_for(self, image: Any) -> Recipe:
        """How the layer was painted, to stay with the layer in ``image``."""
        made = replace(
            self.recipe, made=Made.of(self.finished.report), versions=installed_versions()
        )
        if image != self.target.image:
            return made.portable()
        return replace(made, layer=self.target.tattoo)


def place(paintings: Sequence[PaintedTarget], output: str) -> list[Any]:
    """Put the paintings of layers of one image where ``output`` says; the layers that have them.

    Where one has no place there any more it becomes a new layer or a new image, and that is told:
    nobody waits for minutes for nothing. What changes in the image is one undo step.
    """
    image = paintings[0].target.image
    plan = [(each, *destination(each.target, output, each.fingerprint)) for each in paintings]
    changes = any(where != "new-image" for _each, where, _reason in plan)
    with _one_undo_step(image) if changes else nullcontext():
        placed = [_placed(*planned) for planned in plan]
        layers = [layer for layer, _reason in placed]
        there = [layer for layer in layers if layer.get_image() == image]
        if there:
            image.set_selected_layers(there)
    for reason in dict.fromkeys(reason for _layer, reason in placed if reason):
        tell(reason)
    return layers


def _placed(painting: PaintedTarget, where: str, reason: str) -> tuple[Any, str]:
    """The layer that has the painting, and why it is not where it was wished, if so."""
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
    layer.attach_parasite(parasite_of(painting.recipe_for(image)))
    return layer


def _add_mask(painting: PaintedTarget, layer: Any) -> None:
    """The mask that the painted layer has, and the selection as it was when the pixels were sent.

    Where there are both, what is seen is what both let through.
    """
    own = painting.target.own_mask()
    if own is None and painting.mask is None:
        return
    applied = own is not None and painting.target.layer.get_apply_mask()
    box = painting.target.painted
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    # GIMP ends a plug-in that writes into what is locked, as a layer in its group may be.
    if painting.mask is None:
        copy(own.get_buffer(), box, mask.get_buffer())
    else:
        write(mask.get_buffer(), painting.mask, box, shift=(-box.x, -box.y))
        if applied:
            multiply(mask.get_buffer(), own.get_buffer(), box)
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


class _Refused(Exception):  # noqa: N818 - it is told, and the painting kept
    """GIMP did not take the painting."""


def _insist(done: bool) -> None:
    if not done:
        raise _Refused(
            _(
                "GIMP refused to put the painting into the image ({reason}), so it is a new image."
            ).format(reason=Gimp.get_pdb().get_last_error() or _("it gave no reason"))
        )


_PLACES = {"new-layer": _as_new_layer, "replace": _in_place, "new-image": _as_new_image}
