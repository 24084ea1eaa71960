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
from neural_style_gimp.image.pixbufs import fitted, packed
from neural_style_gimp.request.style_source import presentable
from nst_server.values.palette import Palette

SIDE = 46
PER_ROW = 5
MOST = 60
RECENT = 5
ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}
APPLICATION = "Neural Style"
"""Name that marks our files among all those that the desktop remembers."""

_PALETTE_SIDE = 32


class Gallery:
    """Buttons for recently used pictures and for those in a folder.

    Their thumbnails appear one by one while the dialog is already open. The recent ones are first,
    the newest before the others; those of the folder are in the order of their names until they
    are sorted by their palettes.
    """

    def __init__(
        self,
        folder: Path,
        thumbnails: Thumbnails,
        chosen: Callable[[Path], None],
        *,
        most_rows: int,
    ) -> None:
        """``chosen`` is called with the file of a button; at most ``most_rows`` are in sight."""
        samples = _pictures(folder)
        recent = [path for path in recent_styles() if path.parent != folder]
        self._recent = recent[:RECENT]
        self._samples = samples[: MOST - len(self._recent)]
        self._palettes: dict[Path, Palette] = {}
        self._near: Palette | None = None
        self._chosen = chosen
        self._grid = Gtk.FlowBox(
            selection_mode=Gtk.SelectionMode.NONE,
            max_children_per_line=PER_ROW,
            min_children_per_line=PER_ROW,
            row_spacing=2,
            column_spacing=2,
            can_focus=False,
        )
        self._places = {path: self._button(path) for path in self.paths}
        for place in self._places.values():
            self._grid.add(place)
        self.widget = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER, can_focus=False)
        rows = min(most_rows, -(-len(self.paths) // PER_ROW))
        self.widget.set_min_content_height(rows * (SIDE + 8))
        self.widget.add(self._grid)
        self.widget.show_all()
        for path in self.paths:
            thumbnails.request(str(path), (2 * SIDE, 2 * SIDE), self._shows(path))

    @property
    def paths(self) -> list[Path]:
        """The files, in the order in which they are shown."""
        return [*self._recent, *self._samples]

    def sort_by(self, palette: Palette) -> None:
        """Put the samples nearest to ``palette`` first, once all of them have been read."""
        self._near = palette
        self._sort()

    def _sort(self) -> None:
        near = self._near
        if near is None or any(path not in self._palettes for path in self._samples):
            return
        self._samples.sort(key=lambda path: near.distance(self._palettes[path]))
        order = {self._places[path]: number for number, path in enumerate(self.paths)}
        self._grid.set_sort_func(lambda one, other: order.get(one, 0) - order.get(other, 0))

    def _button(self, path: Path) -> Any:
        name = title(path)
        image = Gtk.Image()
        image.set_size_request(SIDE, SIDE)
        button = Gtk.Button(relief=Gtk.ReliefStyle.NONE, image=image)
        recent = path in self._recent
        button.set_tooltip_text(_("{name}, used recently").format(name=name) if recent else name)
        button.get_accessible().set_name(name)
        button.connect("clicked", lambda __: self._chosen(path))
        button.get_style_context().add_provider(_tight(), Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)
        place = Gtk.FlowBoxChild(can_focus=False)  # only the button takes the focus
        place.add(button)
        return place

    def _shows(self, path: Path) -> Callable[[Any], None]:
        """A function that shows the thumbnail of ``path``, or takes it away if there is none."""

        def show(picture: Any) -> None:
            if picture is None:
                self._places.pop(path).destroy()
                for files in (self._recent, self._samples):
                    if path in files:
                        files.remove(path)
            else:
                self._places[path].get_child().get_image().set_from_pixbuf(square(picture, SIDE))
                few = fitted(picture, (_PALETTE_SIDE, _PALETTE_SIDE))
                self._palettes[path] = Palette.of(packed(few), few.get_n_channels())
            self._sort()

        return show


def title(path: Path) -> str:
    """The name of a style file for people."""
    return presentable(path.stem).replace("_", " ").replace("-", " ").capitalize()


def square(picture: Any, side: int) -> Any:
    """The middle of ``picture`` as a square of ``side`` pixels."""
    shorter = min(picture.get_width(), picture.get_height())
    x, y = (picture.get_width() - shorter) // 2, (picture.get_height() - shorter) // 2
    middle = picture.new_subpixbuf(x, y, shorter, shorter)
    return middle.scale_simple(side, side, GdkPixbuf.InterpType.BILINEAR)


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


def _pictures(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS)
    except OSError:
        return []


def _tight() -> Any:
    """CSS that makes a button no larger than its picture."""
    provider = Gtk.CssProvider()
    provider.load_from_data(b"button { padding: 1px; min-width: 0; min-height: 0; }")
    return provider
