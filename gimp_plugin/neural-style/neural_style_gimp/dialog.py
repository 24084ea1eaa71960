"""GIMP's own procedure dialog, with a thumbnail of the style and what the image allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GimpUi, Gio, GLib, GObject, Gtk

from neural_style_gimp import arguments
from neural_style_gimp.gallery import gallery
from neural_style_gimp.pictures import fitted, pixbuf
from neural_style_gimp.style import load_style
from neural_style_gimp.target import Target
from nst_server.errors import NeuralStyleError
from nst_server.paths import Home

THUMBNAIL_SIDE = 256

SIZES = ("auto", "full", "512", "768", "1024", "1536", "2048")
"""Proposed for the size that is worked at; any number can be typed."""

PICTURE_FILES = "avif bmp gif heic heif jpeg jpg jxl png psd svg tif tiff webp xcf"


def ask(procedure: Any, config: Any, target: Target, home: Home) -> bool:
    """Let the user set ``config``; whether to go on."""
    GimpUi.init("neural-style")
    return Dialog(procedure, config, target, home).run()


class Dialog:
    """The settings dialog; **Stylize** is greyed until the style is a picture that opens."""

    def __init__(self, procedure: Any, config: Any, target: Target, home: Home) -> None:
        self._config = config
        self._target = target
        self._dialog = GimpUi.ProcedureDialog.new(procedure, config, "Neural Style")
        self._dialog.set_ok_label("_Stylize")
        self._thumbnail = Gtk.Image()
        self._note = Gtk.Label(wrap=True, xalign=0, width_chars=30, max_width_chars=30)
        self._fill(home)
        config.connect(f"notify::{arguments.STYLE}", lambda *_: self._style_changed())
        config.connect("notify::preset", lambda *_: arguments.follow_preset(config))
        for name in (arguments.OUTPUT, "size"):
            config.connect(f"notify::{name}", lambda *_: self._judge())
        self._style_changed()

    def run(self) -> bool:
        """Show it until it is answered."""
        accepted = bool(self._dialog.run())
        self._dialog.destroy()
        return accepted

    def _fill(self, home: Home) -> None:
        dialog = self._dialog
        chooser = dialog.get_widget(arguments.STYLE, GObject.TYPE_NONE)
        _prepare_chooser(chooser, home)
        for name in ("strength", "smoothness"):
            dialog.get_scale_entry(name, 1.0)
        dialog.get_scale_entry("brush-size", 1.0)
        expert = dialog.fill_box("expert", ["seed"])
        expert.pack_start(_size_row(self._config), False, False, 0)
        dialog.get_label("expert-title", "Mor_e", False, True)
        dialog.fill_expander("more", "expert-title", False, "expert")
        dialog.fill_box(
            "options",
            [
                arguments.STYLE,
                "preset",
                "strength",
                "brush-size",
                "colors",
                "smoothness",
                arguments.OUTPUT,
                "more",
            ],
        )
        columns = dialog.fill_box("columns", ["options"])
        columns.set_orientation(Gtk.Orientation.HORIZONTAL)
        columns.set_spacing(18)
        looks = self._looks(home)
        columns.pack_start(looks, False, False, 0)
        columns.reorder_child(looks, 0)
        dialog.fill(["columns"])

    def _looks(self, home: Home) -> Any:
        """The column with the style's thumbnail, and what there is to say about it."""
        self._thumbnail.set_size_request(THUMBNAIL_SIDE, THUMBNAIL_SIDE)
        frame = Gtk.Frame(shadow_type=Gtk.ShadowType.IN, valign=Gtk.Align.START)
        frame.add(self._thumbnail)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        column.pack_start(frame, False, False, 0)
        column.pack_start(self._note, False, False, 0)
        installed = gallery(home.styles, self._choose)
        if installed is not None:
            column.pack_end(installed, False, False, 0)
        column.show_all()
        return column

    def _choose(self, path: Path) -> None:
        self._config.set_property(arguments.STYLE, Gio.File.new_for_path(str(path)))

    def _style_changed(self) -> None:
        """Show the chosen style; without one Stylize is greyed."""
        self._problem = "Choose a picture whose style you like."
        self._thumbnail.set_from_icon_name("image-x-generic", Gtk.IconSize.DIALOG)
        file = self._config.get_property(arguments.STYLE)
        if file is not None:
            try:
                style = load_style(file, longest=THUMBNAIL_SIDE)
            except NeuralStyleError as error:
                self._problem = str(error)
                self._thumbnail.set_from_icon_name("image-missing", Gtk.IconSize.DIALOG)
            else:
                self._problem = ""
                shape = style.shape
                picture = pixbuf(
                    shape.width, shape.height, style.pixels.data, alpha=shape.channels == 4
                )
                self._thumbnail.set_from_pixbuf(fitted(picture, THUMBNAIL_SIDE))
        self._judge()

    def _judge(self) -> None:
        """Say what keeps the job from being started, and grey Stylize meanwhile."""
        problem = self._problem
        obstacle = self._target.obstacle(self._config.get_property(arguments.OUTPUT))
        if not problem and obstacle is not None:
            problem = str(obstacle)
        if not problem:
            try:
                arguments.settings_of(self._config, shown=True)
            except NeuralStyleError as error:
                problem = str(error)
        self._note.set_text(problem)
        self._dialog.set_response_sensitive(Gtk.ResponseType.OK, not problem)


def _size_row(config: Any) -> Any:
    """Words or a number: an entry with proposals."""
    proposals = Gtk.ComboBoxText.new_with_entry()
    for size in SIZES:
        proposals.append_text(size)
    entry = proposals.get_child()
    entry.set_width_chars(8)
    flags = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
    config.bind_property("size", entry, "text", flags)
    label = Gtk.Label.new_with_mnemonic(arguments.LABELS["size"])
    label.set_mnemonic_widget(entry)
    row = Gtk.Box(spacing=6)
    row.pack_start(label, False, False, 0)
    row.pack_start(proposals, False, False, 0)
    row.set_tooltip_text("Longest side in pixels that is painted at; auto: as large as is quick")
    row.show_all()
    return row


def _prepare_chooser(widget: Any, home: Home) -> None:
    """Pictures only, thumbnails, and our own gallery one click away."""
    for button in _descendants(widget):
        if not isinstance(button, Gtk.FileChooser):
            continue
        parent = button.get_parent()
        if isinstance(parent, Gtk.Box):
            parent.set_child_packing(button, True, True, 0, Gtk.PackType.START)
        button.set_halign(Gtk.Align.FILL)
        pictures = Gtk.FileFilter()
        pictures.set_name("Pictures")
        pictures.add_mime_type("image/*")
        for ending in PICTURE_FILES.split():
            pictures.add_pattern(f"*.{ending}")
            pictures.add_pattern(f"*.{ending.upper()}")
        anything = Gtk.FileFilter()
        anything.set_name("All files")
        anything.add_pattern("*")
        button.add_filter(pictures)
        button.add_filter(anything)
        if home.styles.is_dir():
            with suppress(GLib.Error):  # it is a bookmark of the user's already
                button.add_shortcut_folder(str(home.styles))
            if button.get_file() is None:
                button.set_current_folder(str(home.styles))


def _descendants(widget: Any) -> Iterator[Any]:
    yield widget
    if isinstance(widget, Gtk.Container):
        for child in widget.get_children():
            yield from _descendants(child)
