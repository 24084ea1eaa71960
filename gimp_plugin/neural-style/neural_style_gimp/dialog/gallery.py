"""Style pictures one click away: recently used ones, the project's and the user's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, Gio, Gtk

from neural_style_gimp.dialog.thumbnails import Thumbnails
from neural_style_gimp.i18n import _
from neural_style_gimp.request.style_source import presentable

SIDE = 46
PER_ROW = 5
MOST = 60
ROWS_IN_SIGHT = 2
RECENT = 5
ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}
APPLICATION = "Neural Style"
"""Name that marks our files among all those that the desktop remembers."""


def gallery(folder: Path, thumbnails: Thumbnails, chosen: Callable[[Path], None]) -> Any | None:
    """Buttons for recently used pictures and those in ``folder``; None if there are none.

    Their thumbnails appear one by one while the dialog is already open.
    """
    samples = _pictures(folder)
    recent = [path for path in recent_styles() if path.parent != folder]
    files = [*recent[:RECENT], *samples][:MOST]
    if not files:
        return None
    grid = Gtk.FlowBox(
        selection_mode=Gtk.SelectionMode.NONE,
        max_children_per_line=PER_ROW,
        min_children_per_line=PER_ROW,
        row_spacing=2,
        column_spacing=2,
        can_focus=False,
    )
    for path in files:
        grid.add(_button(path, thumbnails, chosen, recent=path in recent))
    window = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER, can_focus=False)
    rows = min(ROWS_IN_SIGHT, -(-len(files) // PER_ROW))
    window.set_min_content_height(rows * (SIDE + 8))
    window.add(grid)
    window.show_all()
    return window


def recent_styles() -> list[Path]:
    """Recently used style files that still exist, newest first."""
    manager = Gtk.RecentManager.get_default()
    our_items = [
        item for item in manager.get_items() if item.has_application(APPLICATION) and item.exists()
    ]
    our_items.sort(key=lambda item: -item.get_modified())
    paths = (Gio.File.new_for_uri(item.get_uri()).get_path() for item in our_items)
    return [Path(path) for path in paths if path is not None]


def remember(file: Any) -> None:
    """Put ``file`` first in `recent_styles`, if the desktop remembers files at all."""
    data = Gtk.RecentData()
    data.app_name, data.app_exec = APPLICATION, "gimp %u"  # a group cannot be set from Python
    data.mime_type = Gio.content_type_guess(file.get_basename(), None)[0]
    Gtk.RecentManager.get_default().add_full(file.get_uri(), data)


def _button(
    path: Path, thumbnails: Thumbnails, chosen: Callable[[Path], None], *, recent: bool
) -> Any:
    name = presentable(path.stem).replace("_", " ").replace("-", " ").capitalize()
    image = Gtk.Image()
    image.set_size_request(SIDE, SIDE)
    button = Gtk.Button(relief=Gtk.ReliefStyle.NONE, image=image)
    button.set_tooltip_text(_("{name}, used recently").format(name=name) if recent else name)
    button.get_accessible().set_name(name)
    button.connect("clicked", lambda __: chosen(path))
    button.get_style_context().add_provider(_tight(), Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)
    place = Gtk.FlowBoxChild(can_focus=False)  # only the button takes the focus
    place.add(button)

    def show(picture: Any) -> None:
        if picture is None:
            place.destroy()
        else:
            image.set_from_pixbuf(_square(picture))

    thumbnails.request(str(path), (2 * SIDE, 2 * SIDE), show)
    return place


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
    """CSS that makes a button no larger than its picture."""
    provider = Gtk.CssProvider()
    provider.load_from_data(b"button { padding: 1px; min-width: 0; min-height: 0; }")
    return provider
