"""The part of the settings dialog where the style picture is chosen and seen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, Gio, GLib, Gtk

from neural_style_gimp.arguments import LABELS, STYLE
from neural_style_gimp.gallery import gallery
from neural_style_gimp.pictures import fitted, pixbuf
from neural_style_gimp.style import load_style
from nst_server.errors import NeuralStyleError

THUMBNAIL = (256, 192)
FILE_PREVIEW_SIDE = 192

ENDINGS = "avif bmp gif heic heif jpeg jpg jxl ora png psd svg tif tiff webp xcf"


class StyleChooser:
    """Thumbnail, file button and gallery, in step with the procedure's ``style-file``.

    Invariant: ``problem`` is empty exactly if the chosen style is a picture that opens.
    """

    def __init__(self, config: Any, styles: Path, changed: Callable[[], None]) -> None:
        """``styles`` is the folder of the gallery; ``changed`` is called after each change."""
        self._config = config
        self._changed = changed
        self.problem = ""
        self._thumbnail = Gtk.Image()
        self._thumbnail.set_size_request(*THUMBNAIL)
        self._button = _file_button(styles)
        self._button.connect("file-set", lambda button: self._choose(button.get_file()))
        label = Gtk.Label.new_with_mnemonic(LABELS[STYLE])
        label.set_xalign(0)
        label.set_mnemonic_widget(self._button)
        frame = Gtk.Frame(shadow_type=Gtk.ShadowType.IN, valign=Gtk.Align.START)
        frame.add(self._thumbnail)
        self.widget = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        for part in (label, self._button, frame):
            self.widget.pack_start(part, False, False, 0)
        installed = gallery(styles, lambda path: self._choose(Gio.File.new_for_path(str(path))))
        if installed is not None:
            self.widget.pack_end(installed, False, False, 0)
        self.widget.show_all()
        config.connect(f"notify::{STYLE}", lambda *_: self.refresh())

    def refresh(self) -> None:
        """Show the style that the procedure's argument names."""
        file = self._config.get_property(STYLE)
        self.problem = "Choose a picture whose style you like."
        if file is None:
            self._button.unselect_all()
            self._thumbnail.set_from_icon_name("image-x-generic", Gtk.IconSize.DIALOG)
        else:
            shown = self._button.get_file()
            if shown is None or not shown.equal(file):
                with suppress(GLib.Error):
                    self._button.set_file(file)
            self._show(file)
        self._changed()

    def _show(self, file: Any) -> None:
        try:
            style = load_style(file, longest=max(THUMBNAIL))
        except NeuralStyleError as error:
            self.problem = str(error)
            self._thumbnail.set_from_icon_name("image-missing", Gtk.IconSize.DIALOG)
            return
        self.problem = ""
        shape = style.shape
        picture = pixbuf(shape.width, shape.height, style.pixels.data, alpha=shape.channels == 4)
        self._thumbnail.set_from_pixbuf(fitted(picture, THUMBNAIL))

    def _choose(self, file: Any) -> None:
        self._config.set_property(STYLE, file)


def _file_button(styles: Path) -> Any:
    """A button that opens a file dialog with previews, for pictures, near the gallery."""
    button = Gtk.FileChooserButton(
        title="Choose a style picture", action=Gtk.FileChooserAction.OPEN
    )
    pictures = Gtk.FileFilter()
    pictures.set_name("Pictures")
    pictures.add_mime_type("image/*")
    for ending in ENDINGS.split():
        pictures.add_pattern(f"*.{ending}")
        pictures.add_pattern(f"*.{ending.upper()}")
    button.add_filter(pictures)
    anything = Gtk.FileFilter()
    anything.set_name("All files")
    anything.add_pattern("*")
    button.add_filter(anything)
    if styles.is_dir():
        with suppress(GLib.Error):  # it may be a bookmark of the user's already
            button.add_shortcut_folder(str(styles))
        button.set_current_folder(str(styles))
    preview = Gtk.Image()
    button.set_preview_widget(preview)
    button.set_use_preview_label(False)
    button.connect("update-preview", lambda chooser: _preview(chooser, preview))
    return button


def _preview(chooser: Any, image: Any) -> None:
    name = chooser.get_preview_filename()
    side = FILE_PREVIEW_SIDE
    picture = None
    if name is not None and Path(name).is_file():
        with suppress(GLib.Error):
            picture = GdkPixbuf.Pixbuf.new_from_file_at_scale(name, side, side, True)
    image.set_from_pixbuf(picture)
    chooser.set_preview_widget_active(picture is not None)
