"""The part of the settings dialog where the style picture is chosen and seen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath
from threading import Thread
from typing import Any

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, GLib, Gtk

from neural_style_gimp.arguments import LABELS
from neural_style_gimp.i18n import _
from neural_style_gimp.pictures import fitted, packed, pixbuf
from neural_style_gimp.style import StylePicture, file_name, load_style
from nst_server.errors import NeuralStyleError
from nst_server.job import PictureShape

THUMBNAIL = (64, 64)

LOADED_SIDE = 512
"""What a draft and the thumbnail need of a style."""

FILE_PREVIEW_SIDE = 192

ENDINGS = "avif bmp gif heic heif jpeg jpg jxl ora png psd svg tif tiff webp xcf"


class StyleChooser:
    """File button and thumbnail, in step with one of the procedure's arguments.

    Invariant: ``problem`` is empty exactly if the chosen style is a picture that opens, which is
    ``style`` then, or if none is chosen and none is needed.
    """

    def __init__(
        self,
        config: Any,
        argument: str,
        styles: Path,
        changed: Callable[[], None],
        *,
        needed: bool = True,
    ) -> None:
        """``styles`` is the folder of samples; ``changed`` is called after each change.

        A style that is not ``needed`` has a smaller widget, with a button that clears it.
        """
        self._config = config
        self._argument = argument
        self._needed = needed
        self._changed = changed
        self._latest = 0
        self.problem = ""
        self.style: StylePicture | None = None
        self._thumbnail = Gtk.Image()
        self._thumbnail.set_size_request(*THUMBNAIL)
        self._button = _file_button(styles)
        self._button.connect("file-set", lambda button: self._choose(button.get_file()))
        label = Gtk.Label.new_with_mnemonic(_(LABELS[argument]))
        label.set_xalign(0)
        label.set_mnemonic_widget(self._button)
        self.widget = self._large(label) if needed else self._small(label)
        self.widget.show_all()
        config.connect(f"notify::{argument}", lambda *_: self.refresh())

    def refresh(self) -> None:
        """Show the style that the procedure's argument names, once it is loaded."""
        self._latest += 1
        file = self._config.get_property(self._argument)
        self.style = None
        if file is None:
            self.problem = _("Choose a picture whose style you like.") if self._needed else ""
            self._button.unselect_all()
            self._thumbnail.set_from_icon_name("image-x-generic", Gtk.IconSize.DIALOG)
            self._changed()
            return
        self.problem = _("Opening the style picture…")
        shown = self._button.get_file()
        if shown is None or not shown.equal(file):
            with suppress(GLib.Error):
                self._button.set_file(file)
        # In a thread: the dialog must go on, and a large photograph takes a second.
        Thread(target=self._load, args=(file, self._latest), daemon=True).start()
        self._changed()

    def close(self) -> None:
        """Take no picture any more."""
        self._latest = 0

    def _large(self, label: Any) -> Any:
        frame = Gtk.Frame(shadow_type=Gtk.ShadowType.IN, valign=Gtk.Align.CENTER)
        frame.add(self._thumbnail)
        named = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4, valign=Gtk.Align.CENTER)
        named.pack_start(label, False, False, 0)
        named.pack_start(self._button, False, False, 0)
        row = Gtk.Box(spacing=12)
        row.pack_start(frame, False, False, 0)
        row.pack_start(named, True, True, 0)
        return row

    def _small(self, label: Any) -> Any:
        clear = Gtk.Button.new_from_icon_name("edit-clear-symbolic", Gtk.IconSize.BUTTON)
        clear.set_tooltip_text(_("No second style"))
        clear.connect("clicked", lambda _: self._choose(None))
        row = Gtk.Box(spacing=6)
        row.pack_start(label, False, False, 0)
        row.pack_start(self._button, True, True, 0)
        row.pack_start(clear, False, False, 0)
        return row

    def _load(self, file: Any, number: int) -> None:
        GLib.idle_add(self._loaded, file, number, _quickly_loaded(file))

    def _loaded(self, file: Any, number: int, style: StylePicture | None) -> None:
        if number != self._latest:
            return
        self.problem = ""
        try:
            self.style = style or load_style(file, longest=LOADED_SIDE)
        except NeuralStyleError as error:
            self.problem = error.translated(_)
            self._thumbnail.set_from_icon_name("image-missing", Gtk.IconSize.DIALOG)
        else:
            shape, data = self.style.shape, self.style.pixels
            picture = pixbuf(shape.width, shape.height, data, alpha=shape.channels == 4)
            self._thumbnail.set_from_pixbuf(fitted(picture, THUMBNAIL))
        self._changed()

    def _choose(self, file: Any) -> None:
        self._config.set_property(self._argument, file)


def _quickly_loaded(file: Any) -> StylePicture | None:
    """The style at the size of a draft; none if that takes GIMP itself. Calls no GIMP, no GTK."""
    path, side = file.get_path(), LOADED_SIDE
    if path is None:
        return None
    try:
        _, width, height = GdkPixbuf.Pixbuf.get_file_info(path)
        if max(width, height) > side:
            picture = GdkPixbuf.Pixbuf.new_from_file_at_size(path, side, side)
        else:
            picture = GdkPixbuf.Pixbuf.new_from_file(path)
    except GLib.Error:
        return None
    width, height, alpha = picture.get_width(), picture.get_height(), picture.get_has_alpha()
    shape = PictureShape(width, height, 4 if alpha else 3, "uint8")
    name = file_name(file)
    return StylePicture(PurePath(name).stem, file.get_uri(), shape, packed(picture))


def _file_button(styles: Path) -> Any:
    """A button that opens a file dialog with previews, for pictures, near the gallery."""
    button = Gtk.FileChooserButton(
        title=_("Choose a style picture"), action=Gtk.FileChooserAction.OPEN
    )
    pictures = Gtk.FileFilter()
    pictures.set_name(_("Pictures"))
    pictures.add_mime_type("image/*")
    for ending in ENDINGS.split():
        pictures.add_pattern(f"*.{ending}")
        pictures.add_pattern(f"*.{ending.upper()}")
    button.add_filter(pictures)
    anything = Gtk.FileFilter()
    anything.set_name(_("All files"))
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
