"""The part of the settings dialog that shows a draft of the painting."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk, Pango

from neural_style_gimp.dialog.draft import SIDE, Draft, drafted
from neural_style_gimp.i18n import _
from neural_style_gimp.image.downscaled import Downscaled, downscaling, masking
from neural_style_gimp.image.pixbufs import (
    fitted,
    on_checks,
    packed,
    pixbuf,
    pixbuf_of,
    raster_of,
    scaled,
    with_alpha,
)
from neural_style_gimp.image.target import Target
from neural_style_gimp.progress import wording
from neural_style_gimp.request.style_source import StylePicture
from neural_style_gimp.request.styles import by_region, mixed
from nst_server.client.trial import trial
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job, PlannedPainting
from nst_server.values.settings import Settings
from nst_server.wire.events import Event, Failed, Finished, Painting, Started
from nst_server.wire.order import Order, Raster

TICK_MILLISECONDS = 30


@dataclass(frozen=True)
class DraftRequest:
    """A draft to paint; without a first style the server is only warmed up."""

    settings: Settings
    first: StylePicture | None
    second: StylePicture | None
    share: float
    """Share of the second style, in percent."""
    channel: Any
    """Channel in which the second style is painted; None if it is mixed in."""

    @property
    def by_region(self) -> bool:
        """True if two styles are painted, each in its own region."""
        return self.first is not None and self.second is not None and self.channel is not None


class DraftPane:
    """Shows the layer, then the draft for the dialog's settings; while pressed, the layer again.

    ``wish`` returns the draft to paint, or None if the settings are wrong. Without a style the
    server is warmed up by a job that paints nothing.
    """

    def __init__(
        self,
        home: Home,
        target: Target,
        wish: Callable[[], DraftRequest | None],
        opened: Callable[[Downscaled], None],
    ) -> None:
        """``opened`` is called once, with the small copy of the layer that drafts are made of."""
        self._target = target
        self._wish = wish
        self._opened = opened
        self._wished: DraftRequest | None = None
        self._content: Downscaled | None = None
        self._region: tuple[Any, Raster] | None = None
        self._reading: Generator[None, None, None] | None = self._read_content()
        self._pressed = False
        self._warming = False
        self._before: Any = None
        self._after: Any = None
        self._fill()
        self._draft = Draft(home, self._show)
        self._timer = GLib.timeout_add(TICK_MILLISECONDS, self._tick)

    def change(self) -> None:
        """Restart the draft if the one to paint has changed."""
        wish = self._wish()
        if self._reading is not None or self._content is None or wish == self._wished:
            return
        if wish is not None and wish.by_region and not self._has(wish.channel):
            self._draft.give_up()
            self._wished = None
            self._reading = self._read_region(wish.channel, self._content.size)
            return
        self._wished = wish
        if wish is None:
            self._draft.give_up()
            return
        box = self._target.context
        self._plan.set_text(wording.planned(wish.settings, box.width, box.height))
        self._warming = wish.first is None
        if self._warming:
            self._after = None
            self._paint(self._before)
        self._draft.want(self._order(self._content, wish))

    def make_way(self) -> None:
        """Give up a draft that is not finished, for other drafts; `change` begins it again."""
        if self._draft.busy:
            self._draft.give_up()
            self._wished = None

    def close(self) -> None:
        """End the draft, so that the server is free."""
        GLib.source_remove(self._timer)
        self._draft.close()

    def _fill(self) -> None:
        self._picture = Gtk.Image()
        self._picture.set_size_request(SIDE, SIDE)
        pressed = Gtk.EventBox(
            tooltip_text=_("The result of these settings. Press and hold to see the layer.")
        )
        pressed.add(self._picture)
        pressed.add_events(Gdk.EventMask.BUTTON_PRESS_MASK | Gdk.EventMask.BUTTON_RELEASE_MASK)
        pressed.connect("button-press-event", lambda *_: self._press(down=True))
        pressed.connect("button-release-event", lambda *_: self._press(down=False))
        frame = Gtk.Frame(shadow_type=Gtk.ShadowType.IN, halign=Gtk.Align.START)
        frame.add(pressed)
        self._status = _label(_("Starting the painting server…"))
        self._machine = _label()
        self._plan = _label()
        self.widget = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4)
        for part in (frame, self._status, self._plan, self._machine):
            self.widget.pack_start(part, False, False, 0)
        self.widget.show_all()

    def _tick(self) -> bool:
        if self._reading is not None:
            self._read(self._reading)
        self._draft.tick()
        return True

    def _read(self, reading: Generator[None, None, None]) -> None:
        """Do one step of some milliseconds."""
        try:
            next(reading)
        except StopIteration:
            self._reading = None
            self.change()
        except NeuralStyleError as error:
            self._reading = None
            self._status.set_text(error.translated(_))

    def _read_content(self) -> Generator[None, None, None]:
        content = yield from downscaling(self._target, SIDE)
        self._content = content
        self._before = on_checks(fitted(pixbuf_of(content.content), (SIDE, SIDE), enlarge=True))
        self._paint(self._before)
        self._opened(content)

    def _read_region(self, channel: Any, size: tuple[int, int]) -> Generator[None, None, None]:
        mask = yield from masking(channel, self._target, size)
        self._region = channel, mask

    def _has(self, channel: Any) -> bool:
        return self._region is not None and self._region[0] == channel

    def _order(self, copy: Downscaled, wish: DraftRequest) -> Order:
        """The draft's job for ``wish``; without a style it paints nothing."""
        small = drafted(wish.settings, max(copy.size))
        box = self._target.context
        planned = PlannedPainting(wish.settings, box.width, box.height)
        if wish.first is None:
            return trial(small, planned)
        measured = round(max(copy.size) * wish.settings.brush_size)
        first = _shrunk(wish.first, measured)
        second = None if wish.second is None else _shrunk(wish.second, measured)
        if second is None or not wish.by_region:
            placed = mixed(first, second, wish.share)
        else:
            assert self._region is not None  # `change` ensures it
            placed = by_region(first, second, self._region[1])
        styles = tuple(style.job_style for style in placed)
        return Job(small, copy.content, styles, copy.mask, planned=planned)

    def _show(self, event: Event) -> None:
        if isinstance(event, Started):
            self._machine.set_text(wording.machine(event))
        if isinstance(event, Finished) and event.report.estimate is not None:
            box = self._target.context
            estimate = event.report.estimate
            self._plan.set_text(wording.estimated(estimate, box.width, box.height))
        if self._warming and not isinstance(event, Failed):
            self._status.set_text(
                _("The draft appears here.")
                if isinstance(event, Finished)
                else wording.drafting(event)
            )
            return
        self._status.set_text(wording.drafting(event))
        match event:
            case Painting(progress=now, preview=preview) if preview is not None:
                self._take(pixbuf(now.preview_width, now.preview_height, preview))
            case Finished(picture=shape, pixels=pixels):
                alpha = shape.channels == 4
                self._take(pixbuf(shape.width, shape.height, pixels.read(), alpha=alpha))

    def _take(self, picture: Any) -> None:
        """Show a picture of the draft, over a checkerboard where the layer is transparent."""
        assert self._content is not None  # otherwise there would be no job
        content = self._content.content
        if content.channels == 4 and not picture.get_has_alpha():
            size = content.width, content.height
            colors = packed(scaled(picture, size))
            picture = pixbuf(*size, with_alpha(colors, content.pixels), alpha=True)
        display_size = self._before.get_width(), self._before.get_height()
        self._after = on_checks(scaled(picture, display_size))
        if not self._pressed:
            self._paint(self._after)

    def _press(self, *, down: bool) -> None:
        self._pressed = down
        self._paint(self._before if down else self._after)

    def _paint(self, picture: Any) -> None:
        if picture is not None:
            self._picture.set_from_pixbuf(picture)


def _shrunk(style: StylePicture, longest: int) -> StylePicture:
    """The style within the size at which it is measured: no more of it needs to travel."""
    raster = style.raster
    if max(raster.width, raster.height) <= longest:
        return style
    return StylePicture(style.name, raster_of(fitted(pixbuf_of(raster), (longest, longest))))


def _label(text: str = "") -> Any:
    label = Gtk.Label(
        label=text,
        xalign=0,
        yalign=0,
        wrap=True,
        wrap_mode=Pango.WrapMode.WORD_CHAR,
        width_chars=34,
        max_width_chars=34,
    )
    label.get_style_context().add_class("dim-label")
    return label
