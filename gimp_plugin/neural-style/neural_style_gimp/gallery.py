"""The installed style pictures, one click away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, GLib, Gtk

SIDE = 46
PER_ROW = 5
MOST = 60
ROWS_IN_SIGHT = 2
ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}


def gallery(folder: Path, chosen: Callable[[Path], None]) -> Any | None:
    """Buttons for the pictures in ``folder``, which scroll; nothing if there are none."""
    grid = Gtk.Grid(row_spacing=2, column_spacing=2)
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
    if not shown:
        return None
    window = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
    rows = min(ROWS_IN_SIGHT, -(-shown // PER_ROW))
    window.set_min_content_height(rows * (SIDE + 8))
    window.add(grid)
    window.show_all()
    return window


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
