"""The choice of where a second style goes: mixed in everywhere, or inside a saved channel."""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

from neural_style_gimp.i18n import _
from neural_style_gimp.request.procedure_arguments import CHANNEL

EVERYWHERE = ""


class RegionRow:
    """A list of the image's channels, in step with the procedure's argument."""

    def __init__(self, config: Any, image: Any) -> None:
        self._config = config
        self._channels = {str(saved.get_id()): saved for saved in image.get_channels()}
        self._places = Gtk.ComboBoxText(
            tooltip_text=_(
                "Where the second style is painted: mixed with the first everywhere, or alone "
                "inside a saved channel (Select → Save to Channel makes one)"
            )
        )
        self._places.append(EVERYWHERE, _("Everywhere, mixed with the first"))
        for identity, channel in self._channels.items():
            self._places.append(identity, _("Inside “{name}” only").format(name=channel.get_name()))
        label = Gtk.Label.new_with_mnemonic(_("_Where"))
        label.set_mnemonic_widget(self._places)
        self.widget = Gtk.Box(spacing=6)
        self.widget.pack_start(label, False, False, 0)
        self.widget.pack_start(self._places, True, True, 0)
        self.widget.show_all()
        self._show()
        self._places.connect("changed", lambda places: self._choose(places.get_active_id()))
        config.connect(f"notify::{CHANNEL}", lambda *_: self._show())

    @property
    def channel(self) -> Any:
        """The chosen channel, or None."""
        return self._config.get_property(CHANNEL)

    def allow(self, *, second: bool) -> None:
        """Enable the row if there is a second style to place."""
        self.widget.set_sensitive(second)

    def _show(self) -> None:
        channel = self.channel
        identity = EVERYWHERE if channel is None else str(channel.get_id())
        self._places.set_active_id(identity)

    def _choose(self, identity: str) -> None:
        chosen = self._channels.get(identity)
        if chosen != self.channel:
            self._config.set_property(CHANNEL, chosen)
