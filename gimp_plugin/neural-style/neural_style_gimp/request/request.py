"""A request: settings, styles and output, read from GIMP's arguments as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neural_style_gimp.request import procedure_arguments as arguments
from neural_style_gimp.request.styles import Styles, chosen_styles, show_styles
from nst_server.values.recipe import Recipe
from nst_server.values.settings import Settings


@dataclass(frozen=True)
class Request:
    """The whole request of a user or a script, for layers of one image."""

    settings: Settings
    styles: Styles
    output: str
    is_animation: bool = False
    """True if the layers are frames of an animation, the lowest first."""

    @classmethod
    def read(cls, config: Any, image: Any, *, shown: bool) -> Request:
        """Return the request that GIMP's arguments stand for; ``shown`` as in `settings_of`.

        Raises `NeuralStyleError`.
        """
        return cls(
            arguments.settings_of(config, shown=shown),
            chosen_styles(config, image),
            str(config.get_property(arguments.OUTPUT)),
            bool(config.get_property(arguments.ANIMATION)),
        )

    def recipe(self, image: Any) -> Recipe:
        """Return the request as a recipe; its layers and channels are valid in ``image`` only."""
        return Recipe(self.settings, self.styles.named(image), self.output)


def show(recipe: Recipe, config: Any, image: Any) -> None:
    """Set GIMP's arguments to a recipe; styles that no longer exist are left empty."""
    show_styles(config, recipe.styles, image)
    arguments.show_settings(config, recipe.settings)
