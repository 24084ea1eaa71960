"""A window of small drafts, one for each style file, painted one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GdkPixbuf, GLib, Gtk, Pango

from neural_style_gimp.dialog.draft import QUIET_SECONDS, Draft
from neural_style_gimp.dialog.gallery import square, title
from neural_style_gimp.dialog.small_drafts import SIDE, small_draft
from neural_style_gimp.dialog.style_loader import SIDE as STYLE_SIDE
from neural_style_gimp.dialog.thumbnails import Thumbnails
from neural_style_gimp.i18n import _
from neural_style_gimp.image.downscaled import Downscaled
from neural_style_gimp.image.pixbufs import on_checks, pixbuf
from neural_style_gimp.progress import wording
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings
from nst_server.wire.events import Event, Failed, Finished, Queued, Started
from nst_server.wire.order import Order

TICK_MILLISECONDS = 10
"""Shorter than the large draft's: of half a second, every turn that a message waits counts."""

SIZE = (640, 560)
"""Width and height of the window at first, in pixels."""

_INSET = 32
"""Side of the style's own picture in the corner of its draft."""

_WAITING_OPACITY = 0.35


class Comparison:
    """The window beside the dialog. It can be opened, closed and opened again.

    Only drafts in sight are painted: those that are scrolled to, in a window that is open. Each
    shows one style alone, with the settings of the dialog.
    """

    def __init__(
        self,
        home: Home,
        content: Downscaled,
        paths: Sequence[Path],
        thumbnails: Thumbnails,
        window: Any,
        *,
        chosen: Callable[[Path], None],
        begun: Callable[[], None],
        ended: Callable[[], None],
    ) -> None:
        """``content`` is painted in the styles of ``paths``; ``window`` is the dialog's.

        ``chosen`` is called with the style that is clicked on, ``begun`` before a row of drafts,
        and ``ended`` when all that are in sight are painted, or none is to be any more.
        """
        self._content = content.within(SIDE)
        self._thumbnails = thumbnails
        self._begun = begun
        self._ended = ended
        self._settings: Settings | None = None
        self._current: _Cell | None = None
        self._next: tuple[_Cell, Settings, Order] | None = None
        """The order of the draft after the current one, made while that is painted."""
        self._after = 0.0
        self._at_work = False
        self._failed = False
        self._timer = 0
        self._cells = [_Cell(path) for path in paths]
        self._fill(window, chosen)
        self._draft = Draft(home, self._tell)

    def show(self) -> None:
        """Open the window, or bring it to the front."""
        self._failed = False
        if not self._timer:
            self._timer = GLib.timeout_add(TICK_MILLISECONDS, self._tick)
        self._window.present()

    def change(self, settings: Settings | None) -> None:
        """Paint with other settings what is in sight; nothing for None, which is none at all."""
        if settings == self._settings:
            return
        self._settings = settings
        self._give_up()
        self._after = QUIET_SECONDS
        self._failed = False

    def hide(self) -> None:
        """Close the window; drafts that are painted are kept."""
        if self._timer:
            GLib.source_remove(self._timer)
            self._timer = 0
        self._give_up()
        self._window.hide()
        self._rest()

    def close(self) -> None:
        """Close the window for good, and end the session with the server."""
        if self._timer:
            GLib.source_remove(self._timer)
        self._draft.close()
        self._window.destroy()

    def _fill(self, parent: Any, chosen: Callable[[Path], None]) -> None:
        screen = parent.get_screen()
        self._window = Gtk.Window(
            title=_("Compare styles"),
            transient_for=parent,
            type_hint=Gdk.WindowTypeHint.UTILITY,
            default_width=min(SIZE[0], screen.get_width() - 80),
            default_height=min(SIZE[1], screen.get_height() - 120),
        )
        self._group = Gtk.WindowGroup()  # the dialog is modal in its own group alone
        self._group.add_window(self._window)
        self._window.connect("delete-event", self._delete)
        self._window.connect("key-press-event", self._key)
        self._grid = Gtk.FlowBox(
            valign=Gtk.Align.START,
            homogeneous=True,
            activate_on_single_click=True,
            selection_mode=Gtk.SelectionMode.NONE,
            max_children_per_line=12,
            border_width=6,
        )
        by_child = {cell.child: cell for cell in self._cells}
        for child in by_child:
            self._grid.add(child)
        self._grid.connect("child-activated", lambda _, child: chosen(by_child[child].path))
        self._scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
        self._scrolled.add(self._grid)
        self._status = Gtk.Label(
            label=_("Starting the painting server…"), xalign=0, wrap=True, margin=6
        )
        self._status.get_style_context().add_class("dim-label")
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        column.pack_start(self._scrolled, True, True, 0)
        column.pack_start(self._status, False, False, 0)
        column.show_all()
        self._window.add(column)

    def _key(self, _window: Any, event: Any) -> bool:
        if event.keyval != Gdk.KEY_Escape:
            return False
        self.hide()
        return True

    def _delete(self, *_: Any) -> bool:
        """Keep the window for the next time."""
        self.hide()
        return True

    def _tick(self) -> bool:
        self._draft.tick()
        if self._current is not None and not self._in_sight(self._current):
            self._give_up()
        if self._current is None and not self._failed:
            self._go_on()
        return True

    def _go_on(self) -> None:
        """Begin the next draft that is in sight and not painted yet, if there is one."""
        settings = self._settings
        if settings is None:
            return
        missing = self._missing(settings)
        for cell in missing:
            if not cell.asked:
                cell.asked = True
                self._thumbnails.request(str(cell.path), (STYLE_SIDE, STYLE_SIDE), cell.take)
        ready = next((cell for cell in missing if cell.style is not None), None)
        if ready is not None:
            self._begin(ready, settings)
        elif not missing:
            self._rest()

    def _missing(self, settings: Settings) -> list[_Cell]:
        return [
            cell
            for cell in self._cells
            if cell.painted_with != settings and self._in_sight(cell) and not cell.broken
        ]

    def _begin(self, cell: _Cell, settings: Settings) -> None:
        if not self._at_work:
            self._at_work = True
            self._begun()
        self._current = cell
        try:
            order = self._order(cell, settings)
        except NeuralStyleError as error:
            self._tell(Failed(error))
            return
        self._draft.want(order, after=self._after)
        self._after = 0.0

    def _order(self, cell: _Cell, settings: Settings) -> Order:
        if self._next is not None and self._next[:2] == (cell, settings):
            return self._next[2]
        return small_draft(self._content, cell.style, settings)

    def _look_ahead(self, current: _Cell, settings: Settings) -> None:
        """Make the order of the next draft; one that cannot be made is told when its turn comes."""
        following = (cell for cell in self._missing(settings) if cell is not current and cell.style)
        cell = next(following, None)
        if cell is not None:
            with suppress(NeuralStyleError):
                self._next = cell, settings, small_draft(self._content, cell.style, settings)

    def _rest(self) -> None:
        if self._at_work:
            self._at_work = False
            self._ended()

    def _give_up(self) -> None:
        self._current = None
        self._draft.give_up()

    def _in_sight(self, cell: _Cell) -> bool:
        window = self._window.get_window()
        if window is None or window.get_state() & Gdk.WindowState.ICONIFIED:
            return False
        place = cell.child.translate_coordinates(self._scrolled, 0, 0)
        height = cell.child.get_allocated_height()
        if place is None or not cell.child.get_mapped() or height < SIDE:  # it has no place yet
            return False
        return bool(place[1] + height > 0 and place[1] < self._scrolled.get_allocated_height())

    def _tell(self, event: Event) -> None:
        match event:
            case Queued():
                self._status.set_text(wording.drafting(event))
            case Failed(error=error):
                self._fail(error)
            case Started() if self._current is not None and self._settings is not None:
                self._look_ahead(self._current, self._settings)
            case Finished(picture=shape, pixels=pixels) if self._current is not None:
                alpha = shape.channels == 4
                picture = pixbuf(shape.width, shape.height, pixels.read(), alpha=alpha)
                self._current.show(on_checks(picture), self._settings)
                self._status.set_text(_("Click on a picture to take its style."))
                self._current = None
                self._go_on()

    def _fail(self, error: NeuralStyleError) -> None:
        """Leave out a style that cannot be painted with; nothing else is tried without a server."""
        self._status.set_text(wording.drafting(Failed(error)))
        if error.code == "bad-image" and self._current is not None:
            self._current.spoil()
        else:
            self._failed = True
            self._rest()
        self._current = None


class _Cell:
    """The place of one style: its own picture, faint, and then its draft."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.style: Any = None
        """The style's own picture, once it is read."""
        self.asked = False
        """True if the style's picture is being read."""
        self.broken = False
        """True if it cannot be read or painted with."""
        self.painted_with: Settings | None = None
        """Settings of the draft that is shown."""
        name = title(path)
        self._image = Gtk.Image(opacity=_WAITING_OPACITY)
        self._image.set_size_request(SIDE, SIDE)
        words = Gtk.Label(label=name, ellipsize=Pango.EllipsizeMode.END, max_width_chars=14)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        column.pack_start(self._image, False, False, 0)
        column.pack_start(words, False, False, 0)
        self.child = Gtk.FlowBoxChild(tooltip_text=name)
        self.child.get_accessible().set_name(name)
        self.child.add(column)
        self.child.show_all()

    def take(self, picture: Any) -> None:
        """Take the style's own picture, or None if it cannot be read."""
        if picture is None:
            self.spoil()
            return
        self.style = picture
        self._image.set_from_pixbuf(square(picture, SIDE))

    def show(self, draft: Any, settings: Settings | None) -> None:
        """Show a draft, with the style in its corner."""
        self.painted_with = settings
        shown = draft.copy()
        width, height = shown.get_width(), shown.get_height()
        if min(width, height) > 2 * _INSET:
            corner = square(self.style, _INSET)
            x, y = width - _INSET - 2, height - _INSET - 2
            shown.new_subpixbuf(x - 1, y - 1, _INSET + 2, _INSET + 2).fill(0xFFFFFFFF)
            box = (x, y, _INSET, _INSET)
            corner.composite(shown, *box, x, y, 1, 1, GdkPixbuf.InterpType.NEAREST, 255)
        self._image.set_from_pixbuf(shown)
        self._image.set_opacity(1)

    def spoil(self) -> None:
        """Show that there is no draft in this style."""
        self.broken = True
        self._image.set_from_icon_name("image-missing", Gtk.IconSize.DIALOG)
