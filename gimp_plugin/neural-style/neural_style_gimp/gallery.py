"""The installed style pictures, one click away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, GLib, Gtk

SIDE = 58
PER_ROW = 4
MOST = 12
ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}


def gallery(folder: Path, chosen: Callable[[Path], None]) -> Any | None:
    """A grid of buttons for the pictures in ``folder``; nothing if there are none."""
    grid = Gtk.Grid(row_spacing=4, column_spacing=4)
    shown = 0
    for file in _pictures(folder):
        try:
            picture = GdkPixbuf.Pixbuf.new_from_file_at_scale(str(file), 2 * SIDE, 2 * SIDE, True)
        except GLib.Error:
            continue
        button = Gtk.Button(relief=Gtk.ReliefStyle.NONE)
        button.add(Gtk.Image.new_from_pixbuf(_square(picture)))
        button.set_tooltip_text(file.stem.replace("_", " ").replace("-", " ").capitalize())
        button.connect("clicked", lambda _, path=file: chosen(path))
        button.get_style_context().add_provider(_tight(), Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)
        grid.attach(button, shown % PER_ROW, shown // PER_ROW, 1, 1)
        shown += 1
        if shown == MOST:
            break
    return grid if shown else None


def _pictures(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS)
    except OSError:
        return []


def _square(picture: Any) -> Any:
    """The middle of ``picture`` as a square of `SIDE` pixels."""
    side = min(picture.get_width(), picture.get_height())
    x, y = (picture.get_width() - side) // 2, (picture.get_height() - side) // 2
    middle = picture.new_subpixbuf(x, y, side, side)
    return middle.scale_simple(SIDE, SIDE, GdkPixbuf.InterpType.BILINEAR)


def _tight() -> Any:
    """Style of a button no larger than its picture."""
    provider = Gtk.CssProvider()
    provider.load_from_data(b"button { padding: 1px; min-width: 0; min-height: 0; }")
    return provider
