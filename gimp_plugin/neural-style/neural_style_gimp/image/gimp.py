"""GIMP's libraries in the versions we are made for; windows are imported where they are opened."""

from __future__ import annotations

import gi

gi.require_version("Babl", "0.1")
gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
from gi.repository import Babl, Gegl, Gimp, Gio, GLib, GObject

__all__ = ["Babl", "GLib", "GObject", "Gegl", "Gimp", "Gio", "tell"]


def tell(sentence: str) -> None:
    """Show a sentence in a window: GIMP's status bar takes those of one line, for seconds."""
    Gimp.message(f"{sentence}\n")
