"""The controls to choose a style: a file, a layer of an open image, a pattern."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GimpUi, Gio, GLib, GObject, Gtk

from neural_style_gimp.dialog.thumbnails import Thumbnails
from neural_style_gimp.i18n import _
from neural_style_gimp.image.gimp import Gimp
from neural_style_gimp.request.style_source import FileStyle, LayerStyle, PatternStyle, StyleSource

FILE_PREVIEW = (192, 192)

ENDINGS = "avif bmp gif heic heif jpeg jpg jxl ora png psd svg tif tiff webp xcf"

Chosen = Callable[[StyleSource], None]


class FileControl:
    """A button that opens a file dialog for pictures with previews, in the folder of styles."""

    def __init__(self, styles: Path, thumbnails: Thumbnails, chosen: Chosen) -> None:
        self.widget = Gtk.FileChooserButton(
            title=_("Choose a style picture"),
            action=Gtk.FileChooserAction.OPEN,
            tooltip_text=_("Choose a picture file as the style"),
        )
        self.widget.connect("file-set", lambda button: chosen(FileStyle(button.get_file())))
        self._thumbnails = thumbnails
        self._preview = Gtk.Image()
        self._add_filters()
        if styles.is_dir():
            with suppress(GLib.Error):  # the user may already have bookmarked it
                self.widget.add_shortcut_folder(str(styles))
            self.widget.set_current_folder(str(styles))
        self.widget.set_preview_widget(self._preview)
        self.widget.set_use_preview_label(False)
        self.widget.connect("update-preview", lambda _: self._update_preview())

    def first(self) -> StyleSource | None:
        """Choose none, since no file is better than another."""
        return None

    def show(self, style: StyleSource | None) -> None:
        """Show ``style`` as the chosen one, or no choice for None."""
        if not isinstance(style, FileStyle):
            self.widget.unselect_all()
            return
        current = self.widget.get_file()
        if current is None or not current.equal(style.file):
            with suppress(GLib.Error):
                self.widget.set_file(style.file)

    def _add_filters(self) -> None:
        pictures = Gtk.FileFilter()
        pictures.set_name(_("Pictures"))
        pictures.add_mime_type("image/*")
        for ending in ENDINGS.split():
            pictures.add_pattern(f"*.{ending}")
            pictures.add_pattern(f"*.{ending.upper()}")
        anything = Gtk.FileFilter()
        anything.set_name(_("All files"))
        anything.add_pattern("*")
        for file_filter in (pictures, anything):
            self.widget.add_filter(file_filter)

    def _update_preview(self) -> None:
        name = self.widget.get_preview_filename()
        self.widget.set_preview_widget_active(False)
        if name is None or not Path(name).is_file():
            return

        def show(picture: Any) -> None:
            if picture is not None and self.widget.get_preview_filename() == name:
                self._preview.set_from_pixbuf(picture)
                self.widget.set_preview_widget_active(True)

        self._thumbnails.request(name, FILE_PREVIEW, show)


class LayerControl:
    """A list of the layers of all open images with thumbnails, made when first shown."""

    def __init__(self, chosen: Chosen) -> None:
        self.widget = Gtk.Box()
        self._chosen = chosen
        self._shown: StyleSource | None = None
        self._list: Any = None
        self.widget.connect("map", lambda _: self._make())

    def first(self) -> StyleSource | None:
        """A layer of the image opened last, perhaps for this purpose."""
        for image in sorted(Gimp.get_images(), key=lambda image: -image.get_id()):
            for layer in image.get_layers():
                return LayerStyle(layer)
        return None

    def show(self, style: StyleSource | None) -> None:
        """Show ``style`` as the chosen one, or no choice for None."""
        self._shown = style
        if self._list is not None and isinstance(style, LayerStyle):
            self._list.set_active(style.layer.get_id())

    def _make(self) -> None:
        if self._list is not None:
            return
        self._list = GimpUi.LayerComboBox.new(None)
        self._list.set_tooltip_text(_("Choose a layer of an open image as the style"))
        self.show(self._shown)
        # By its full name, because the list has another method called connect.
        GObject.Object.connect(self._list, "changed", lambda _: self._changed())
        self.widget.pack_start(self._list, True, True, 0)
        self._list.show()

    def _changed(self) -> None:
        has_layer, number = self._list.get_active()
        layer = Gimp.Item.get_by_id(number) if has_layer else None
        if layer is not None:
            self._chosen(LayerStyle(layer))


class PatternControl:
    """GIMP's button for patterns, which begins with the current one."""

    def __init__(self, chosen: Chosen) -> None:
        current = Gimp.context_get_pattern()
        self.widget = GimpUi.PatternChooser.new(_("Choose a pattern"), None, current)
        self.widget.set_tooltip_text(_("Choose a pattern as the style"))
        for part in self.widget.get_children():
            if isinstance(part, Gtk.Button) and part.get_label():
                part.set_label(_("Browse…"))  # GIMP's label has the key of another control
                part.set_use_underline(False)
        self.widget.connect("resource-set", lambda __, pattern, ___: chosen(PatternStyle(pattern)))

    def first(self) -> StyleSource | None:
        """The current pattern in GIMP."""
        return PatternStyle(Gimp.context_get_pattern())

    def show(self, style: StyleSource | None) -> None:
        """Show ``style`` as the chosen one, or no choice for None."""
        if isinstance(style, PatternStyle) and self.widget.get_resource() != style.pattern:
            self.widget.set_resource(style.pattern)


Control = FileControl | LayerControl | PatternControl


def kind_of(style: StyleSource | None) -> str:
    """Name of the kind of control that ``style`` is chosen with; empty for None."""
    match style:
        case FileStyle():
            return "file"
        case LayerStyle():
            return "layer"
        case PatternStyle():
            return "pattern"
    return ""


def file_style(path: Path) -> FileStyle:
    """A style from a file on this machine."""
    return FileStyle(Gio.File.new_for_path(str(path)))
