"""Client, server and engine of neural style transfer; ``from nst_server import stylize`` paints.

The plug-in imports packages of this one in GIMP's Python, so nothing else is imported here before
it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nst_server.studio.stylist import Stylist, stylize

__version__ = "0.2.0"

__all__ = ["Stylist", "__version__", "stylize"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nst_server.studio import stylist

    return getattr(stylist, name)
