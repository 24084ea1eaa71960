"""Requests kept after a run: of a painted layer, and of a dialog that led to no painting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from neural_style_gimp.i18n import _
from neural_style_gimp.image.gimp import Gimp
from neural_style_gimp.image.target import refusal
from neural_style_gimp.request import procedure_arguments as arguments
from neural_style_gimp.request.request import Request, show
from nst_server.values.errors import NeuralStyleError
from nst_server.values.recipe import Recipe

PARASITE = "plug-in-neural-style"
"""Name of the recipe that stays with a painted layer."""

_UNPAINTED = "plug-in-neural-style-asked"
"""Name of the recipe of the last accepted dialog whose painting was cancelled or failed; it is kept
while GIMP runs."""

_OF_THE_SESSION = 0
"""Flags of a parasite that GIMP does not store."""


def keep(request: Request, image: Any) -> None:
    """Keep a request until it has become a painting.

    GIMP remembers arguments only after a success. After a cancel or a failure the dialog must
    still open as the user left it.
    """
    recipe = replace(request.recipe(image), image=image.get_id())
    data = recipe.to_text().encode()
    Gimp.attach_parasite(Gimp.Parasite.new(_UNPAINTED, _OF_THE_SESSION, data))


def restore(image: Any, config: Any) -> None:
    """Set ``config`` to the kept request, if there is one."""
    parasite = Gimp.get_parasite(_UNPAINTED)
    if parasite is None:
        return
    recipe = Recipe.from_text(bytes(parasite.get_data()))
    show(recipe if recipe.image == image.get_id() else recipe.portable(), config, image)
    config.set_property(arguments.OUTPUT, recipe.output)


def forget() -> None:
    """Forget the kept request: it became a painting, whose arguments GIMP keeps."""
    if Gimp.get_parasite(_UNPAINTED) is not None:
        Gimp.detach_parasite(_UNPAINTED)


def parasite_of(recipe: Recipe) -> Any:
    """Return the parasite that stays with a layer and holds the recipe of its painting."""
    flags = Gimp.PARASITE_PERSISTENT | Gimp.PARASITE_UNDOABLE
    return Gimp.Parasite.new(PARASITE, flags, recipe.to_text().encode())


def recall(image: Any, drawables: list[Any], config: Any) -> Any:
    """Set ``config`` to the recipe of the chosen layer; return the layer it was painted from.

    If that layer is gone, return the chosen layer itself. Raises `NeuralStyleError`.
    """
    if len(drawables) != 1:
        raise refusal(
            _("{number} layers are chosen.").format(number=len(drawables)),
            _("Choose a single layer."),
        )
    chosen = drawables[0]
    parasite = chosen.get_parasite(PARASITE)
    if parasite is None:
        raise refusal(
            _("“{layer}” was not painted by Neural Style.").format(layer=chosen.get_name()),
            _("Select a painted layer, or use Filters → Neural Style… for this one."),
        )
    try:
        recipe = Recipe.from_text(bytes(parasite.get_data()))
        show(recipe, config, image)
    except (NeuralStyleError, ValueError):
        raise refusal(
            _("The record of how “{layer}” was painted cannot be read.").format(
                layer=chosen.get_name()
            ),
            _("Use Filters → Neural Style… for it."),
        ) from None
    source = image.get_layer_by_tattoo(recipe.layer) if recipe.layer else None
    return chosen if source is None else source
