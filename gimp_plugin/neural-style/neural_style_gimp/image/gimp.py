"""GIMP's libraries in the versions we need; those for windows are imported where one opens."""

from __future__ import annotations

import gi

gi.require_version("Babl", "0.1")
gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
from gi.repository import Babl, Gegl, Gimp, Gio, GLib, GObject

__all__ = ["Babl", "GLib", "GObject", "Gegl", "Gimp", "Gio", "tell"]


def tell(sentence: str) -> None:
    """Show a sentence in a window; a message of one line would vanish soon from the status bar."""
    Gimp.message(f"{sentence}\n")
