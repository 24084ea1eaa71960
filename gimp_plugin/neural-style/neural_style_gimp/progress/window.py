"""The window that shows the layer being painted."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GimpUi, Gtk, Pango

from neural_style_gimp.i18n import _
from neural_style_gimp.image.pixbufs import fitted, on_checks, pixbuf, scaled
from neural_style_gimp.progress import wording
from neural_style_gimp.progress.painting import Wish
from nst_server.values.progress import Progress
from nst_server.wire.events import Event, Painting, Started

PICTURE = (480, 400)
"""Width and height, in pixels, into which the live picture is fitted."""

KEEP = 1


class ProgressDialog:
    """A `Watcher` with the live picture, **Stop and keep** and **Cancel**; a context manager.

    It reacts only within `wish`, which lets GTK handle all pending events.
    """

    def __init__(self, name: str, picture: Any, size: tuple[int, int]) -> None:
        """``picture`` is a small copy of the painted area of layer ``name``, which has ``size``."""
        GimpUi.init("neural-style")
        self._wish = Wish.GO_ON
        self._began = time.monotonic()
        self._since = self._began
        self._doing = _("Connecting to the painting server…")
        self._now: Progress | None = None
        self._layer_size = size
        self._dialog = GimpUi.Dialog(title=f"Neural Style: {name}", role="neural-style-progress")
        self._cancel = self._dialog.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
        self._keep = self._dialog.add_button(_("Stop and _keep"), KEEP)
        self._keep.set_sensitive(False)
        self._keep.set_tooltip_text(_("Stop here and take the painting as it is now"))
        self._dialog.connect("response", self._responded)
        self._fill(picture)
        GimpUi.window_set_transient(self._dialog)

    def __enter__(self) -> ProgressDialog:
        self._dialog.show_all()
        self.wish()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._dialog.destroy()
        _attend()

    def starting(self, seconds: float) -> None:
        self._say(_("Starting the painting server…"))

    def show(self, event: Event) -> None:
        self._say(wording.doing(event))
        if isinstance(event, Started):
            self._size.set_text(wording.painted_at(event, *self._layer_size))
            self._machine.set_text(wording.machine(event))
        if isinstance(event, Painting):
            now = event.progress
            self._now = now
            self._bar.set_fraction(min(1.0, now.done))
            self._keep.set_sensitive(self._wish is Wish.GO_ON)
            if event.preview is not None and now.preview_width > 0:
                picture = pixbuf(now.preview_width, now.preview_height, event.preview)
                self._picture.set_from_pixbuf(scaled(picture, self._shown))

    def wish(self) -> Wish:
        waited = time.monotonic() - self._since
        painting = self._now is not None
        self._status.set_text(
            self._doing if painting or waited < 1 else f"{self._doing} {wording.duration(waited)}"
        )
        self._times.set_text(wording.times(time.monotonic() - self._began, self._now))
        if not painting:
            self._bar.pulse()
        _attend()
        return self._wish

    def _fill(self, before: Any) -> None:
        content = self._dialog.get_content_area()
        content.set_spacing(12)
        content.set_border_width(12)
        frame = Gtk.Frame(shadow_type=Gtk.ShadowType.IN, halign=Gtk.Align.CENTER)
        self._picture = Gtk.Image()
        # The picture has the focus, not Cancel, which a stray Return or space would press.
        resting_place = Gtk.EventBox(can_focus=True)
        resting_place.add(self._picture)
        frame.add(resting_place)
        self._dialog.connect("map", lambda _: resting_place.grab_focus())
        self._status = _label(bold=True)
        self._bar = Gtk.ProgressBar()
        self._bar.set_pulse_step(0.02)
        self._times = _label()
        self._size = _label(dim=True)
        self._machine = _label(dim=True)
        content.pack_start(frame, True, True, 0)
        content.pack_start(self._status, False, False, 0)
        content.pack_start(self._bar, False, False, 0)
        facts = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4)
        for label in (self._times, self._size, self._machine):
            facts.pack_start(label, False, False, 0)
        content.pack_start(facts, False, False, 0)
        picture = on_checks(fitted(before, PICTURE, enlarge=True))
        self._picture.set_from_pixbuf(picture)
        self._shown = picture.get_width(), picture.get_height()

    def _say(self, doing: str) -> None:
        if doing != self._doing and self._wish is Wish.GO_ON:
            self._doing = doing
            self._since = time.monotonic()

    def _responded(self, dialog: Any, response: int) -> None:
        """Handle a button, Escape or closing of the window; the last two count as Cancel."""
        if response == KEEP:
            self._say(_("Finishing the picture…"))
            self._wish = Wish.KEEP
        else:
            self._say(_("Cancelling…"))
            self._wish = Wish.CANCEL
            self._cancel.set_sensitive(False)
        self._now = None
        self._keep.set_sensitive(False)


def _attend() -> None:
    """Let GTK handle all pending events."""
    while Gtk.events_pending():
        Gtk.main_iteration_do(False)


def _label(*, bold: bool = False, dim: bool = False) -> Any:
    label = Gtk.Label(xalign=0, ellipsize=Pango.EllipsizeMode.END)
    if bold:
        attributes = Pango.AttrList()
        attributes.insert(Pango.attr_weight_new(Pango.Weight.BOLD))
        label.set_attributes(attributes)
    if dim:
        label.get_style_context().add_class("dim-label")
    return label
