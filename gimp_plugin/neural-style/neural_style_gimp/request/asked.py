"""What was asked for last and did not become a painting.

GIMP keeps the arguments of a success alone; who cancels to change one thing, or had no luck, is to
find the others as they were. It is kept as long as GIMP runs.
"""

from __future__ import annotations

import json
from typing import Any

from neural_style_gimp.image.gimp import Gimp
from neural_style_gimp.request import procedure_arguments as arguments
from neural_style_gimp.request.styles import chosen_styles, portable, show_styles
from nst_server.values.settings import Settings

_PARASITE = "plug-in-neural-style-asked"
_OF_THE_SESSION = 0
"""A parasite that GIMP does not store."""


def keep(image: Any, config: Any) -> None:
    """Keep what a dialog has asked for. Raises `NeuralStyleError` if that is nothing sensible."""
    told = {
        "image": image.get_id(),
        "settings": arguments.settings_of(config, shown=True).to_wire(),
        "styles": chosen_styles(config, image).to_wire(image),
        "output": config.get_property(arguments.OUTPUT),
    }
    data = json.dumps(told).encode()
    Gimp.attach_parasite(Gimp.Parasite.new(_PARASITE, _OF_THE_SESSION, data))


def restore(image: Any, config: Any) -> None:
    """Set ``config`` to what is kept, if anything is."""
    parasite = Gimp.get_parasite(_PARASITE)
    if parasite is None:
        return
    told = json.loads(bytes(parasite.get_data()))
    styles = told["styles"] if told["image"] == image.get_id() else portable(told["styles"])
    show_styles(config, styles, image)
    arguments.show_settings(config, Settings.from_wire(told["settings"]))
    config.set_property(arguments.OUTPUT, told["output"])


def forget() -> None:
    """It became a painting, whose arguments GIMP keeps."""
    if Gimp.get_parasite(_PARASITE) is not None:
        Gimp.detach_parasite(_PARASITE)
