"""The manual, made from the README's part for users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk

from neural_style_gimp.i18n import _
from neural_style_gimp.image.gimp import tell

FOLDER = Path(__file__).resolve().parents[2]
"""The plug-in's folder."""


def page() -> Path:
    """The page that the installer made; in a checkout, which has none, the README itself."""
    manual = FOLDER / "site" / "manual" / "index.html"
    return manual if manual.is_file() else FOLDER.parent.parent / "README.md"


def show(page: Path, window: Any) -> None:
    """Open ``page`` in the user's browser, or say where it is."""
    try:
        Gtk.show_uri_on_window(window, page.as_uri(), Gtk.get_current_event_time())
    except GLib.Error:
        sentence = _("There is no program that opens the manual. Open it in a browser: {path}")
        tell(sentence.format(path=page))
