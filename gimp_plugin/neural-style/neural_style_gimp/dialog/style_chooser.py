"""The part of the settings dialog where a style is chosen and shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

from neural_style_gimp.dialog.style_controls import (
    Control,
    FileControl,
    LayerControl,
    PatternControl,
    kind_of,
)
from neural_style_gimp.dialog.style_loader import StyleLoader
from neural_style_gimp.dialog.thumbnails import Thumbnails
from neural_style_gimp.i18n import N_, _
from neural_style_gimp.image.pixbufs import fitted, on_checks, pixbuf_of
from neural_style_gimp.request.procedure_arguments import StyleArguments, choose_style, chosen_style
from neural_style_gimp.request.style_source import LayerStyle, StylePicture, StyleSource
from nst_server.values.errors import NeuralStyleError

THUMBNAIL = (64, 64)
"""Size of the first style's thumbnail; the second style's has half of it."""

KINDS = {
    "file": N_("A picture file"),
    "layer": N_("A layer of an open image"),
    "pattern": N_("A pattern"),
}

NO_STYLE = {"": N_("None")}


class StyleChooser:
    """Kind, picture and thumbnail of a style, in step with the arguments of a style_arguments.

    Invariant: ``problem`` is empty if and only if the chosen style could be opened, and is then in
    ``picture``, or none is chosen and none is needed.
    """

    def __init__(
        self,
        config: Any,
        style_arguments: StyleArguments,
        styles: Path,
        thumbnails: Thumbnails,
        changed: Callable[[], None],
        *,
        labels: tuple[str, str],
        needed: bool = True,
    ) -> None:
        """``styles`` is the folder of samples; ``changed`` is called after each change.

        ``labels`` are the labels for the kind and for the picture.
        """
        self._config = config
        self._slot = style_arguments
        self._needed = needed
        self._changed = changed
        self._style: StyleSource | None = None
        self._last: dict[str, StyleSource] = {}
        self.problem = ""
        self.picture: StylePicture | None = None
        self._loader = StyleLoader(self._take)
        self._controls: dict[str, Control] = {
            "file": FileControl(styles, thumbnails, self._choose),
            "layer": LayerControl(self._choose),
            "pattern": PatternControl(self._choose),
        }
        self._fill(labels)
        for name in style_arguments.names:
            config.connect(f"notify::{name}", lambda *_: self._follow())
        self._on_kind = self._kinds.connect(
            "changed", lambda kinds: self._choose_kind(kinds.get_active_id())
        )

    def refresh(self) -> None:
        """Show the style that the arguments name, once it is loaded."""
        style = self._style = chosen_style(self._config, self._slot)
        kind = kind_of(style)
        if style is not None:
            self._last[kind] = style
        elif self._needed or self._kinds.get_active_id() == "file":
            kind = "file"
        self._show_kind(kind)
        if kind:
            self._controls[kind].show(style)
        self.picture = None
        self._loader.load(style)
        if style is None:
            self.problem = _("Choose a picture whose style you like.") if self._needed else ""
            self._thumbnail.set_from_icon_name("image-x-generic", Gtk.IconSize.DIALOG)
        else:
            self.problem = _("Opening the style picture…")
        self._changed()

    def close(self) -> None:
        """Ignore pictures that are still being loaded."""
        self._loader.load(None)

    def _fill(self, labels: tuple[str, str]) -> None:
        width, height = THUMBNAIL
        self._side = (width, height) if self._needed else (width // 2, height // 2)
        self._thumbnail = Gtk.Image()
        self._thumbnail.set_size_request(*self._side)
        self._thumbnail.set_pixel_size(self._side[0])
        frame = Gtk.Frame(shadow_type=Gtk.ShadowType.IN, valign=Gtk.Align.CENTER)
        frame.add(self._thumbnail)
        self._kinds = Gtk.ComboBoxText(tooltip_text=_("Where the style is taken from"))
        for kind, words in (KINDS if self._needed else {**NO_STYLE, **KINDS}).items():
            self._kinds.append(kind, _(words))
        self._stack = Gtk.Stack(hhomogeneous=False)
        for kind, control in self._controls.items():
            self._stack.add_named(control.widget, kind)
        self._named = _label(labels[1])
        kinds_label = _label(labels[0])
        kinds_label.set_mnemonic_widget(self._kinds)
        grid = Gtk.Grid(row_spacing=4, column_spacing=6, valign=Gtk.Align.CENTER, hexpand=True)
        for row, (label, control) in enumerate(
            ((kinds_label, self._kinds), (self._named, self._stack))
        ):
            control.set_hexpand(True)
            grid.attach(label, 0, row, 1, 1)
            grid.attach(control, 1, row, 1, 1)
        self.widget = Gtk.Box(spacing=12)
        self.widget.pack_start(frame, False, False, 0)
        self.widget.pack_start(grid, True, True, 0)
        self.widget.show_all()

    def _follow(self) -> None:
        if chosen_style(self._config, self._slot) != self._style:
            self.refresh()

    def _show_kind(self, kind: str) -> None:
        with self._kinds.handler_block(self._on_kind):
            self._kinds.set_active_id(kind)
        for part in (self._named, self._stack):
            part.set_visible(bool(kind))
        if kind:
            self._stack.set_visible_child_name(kind)
            self._named.set_mnemonic_widget(self._controls[kind].widget)

    def _choose_kind(self, kind: str) -> None:
        """Follow the user's choice of a kind: choose the last style of that kind again."""
        self._show_kind(kind)
        last = self._last.get(kind)
        if isinstance(last, LayerStyle) and not last.layer.is_valid():
            last = None
        self._choose((last or self._controls[kind].first()) if kind else None)

    def _choose(self, style: StyleSource | None) -> None:
        choose_style(self._config, self._slot, style)

    def _take(self, loaded: StylePicture | NeuralStyleError) -> None:
        if isinstance(loaded, NeuralStyleError):
            self.problem = loaded.translated(_)
            self._thumbnail.set_from_icon_name("image-missing", Gtk.IconSize.DIALOG)
        else:
            self.problem, self.picture = "", loaded
            picture = pixbuf_of(loaded.raster)
            self._thumbnail.set_from_pixbuf(on_checks(fitted(picture, self._side)))
        self._changed()


def _label(text: str) -> Any:
    return Gtk.Label(label=text, use_underline=True, xalign=0)
