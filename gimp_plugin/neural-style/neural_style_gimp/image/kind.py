"""Properties that a new image takes from the painted image, which may be closed by then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neural_style_gimp.image.gimp import Gimp


@dataclass(frozen=True)
class ImageKind:
    """Precision, color profile and resolution of an image."""

    precision: Any
    profile: Any
    """None for a gray image, whose profile does not fit an RGB image."""
    resolution: tuple[float, float]
    """Pixels per inch, horizontally and vertically."""
    unit: Any

    @classmethod
    def of(cls, image: Any) -> ImageKind:
        """The kind of ``image``."""
        gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
        _known, horizontal, vertical = image.get_resolution()
        return cls(
            image.get_precision(),
            None if gray else image.get_effective_color_profile(),
            (horizontal, vertical),
            image.get_unit(),
        )

    def new_image(self, width: int, height: int) -> Any:
        """Create an RGB image of this kind, without layers and with undo disabled."""
        rgb = Gimp.ImageBaseType.RGB
        image = Gimp.Image.new_with_precision(width, height, rgb, self.precision)
        image.undo_disable()
        if self.profile is not None:
            image.set_color_profile(self.profile)
        image.set_resolution(*self.resolution)
        image.set_unit(self.unit)
        return image
