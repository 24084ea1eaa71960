"""What a layer that we made tells of itself: how it was painted, and from which layer."""

from __future__ import annotations

import json
from typing import Any

from neural_style_gimp.i18n import _
from neural_style_gimp.image.target import refusal
from neural_style_gimp.request import procedure_arguments as arguments
from neural_style_gimp.request.styles import show_styles
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings

PARASITE = "plug-in-neural-style"


def recall(image: Any, drawables: list[Any], config: Any) -> Any:
    """Set ``config`` to how the chosen layer was painted; the layer that it was painted from.

    That is the chosen layer itself where the other is gone. Raises `NeuralStyleError`.
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
            _("Choose a layer that was, or Filters → Neural Style… for any other."),
        )
    try:
        told = json.loads(bytes(parasite.get_data()))
        settings = Settings.from_wire(told["settings"])
        source = int(told.get("layer", 0))
        show_styles(config, told["styles"], image)
    except (NeuralStyleError, KeyError, TypeError, ValueError, AttributeError):
        raise refusal(
            _("What “{layer}” tells of how it was painted is not understood.").format(
                layer=chosen.get_name()
            ),
            _("Use Filters → Neural Style… for it."),
        ) from None
    arguments.show_settings(config, settings)
    from_layer = image.get_layer_by_tattoo(source) if source else None
    return chosen if from_layer is None else from_layer
