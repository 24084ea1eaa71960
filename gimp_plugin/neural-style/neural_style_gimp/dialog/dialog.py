"""GIMP's procedure dialog, with the style, the draft, and why Stylize is grayed out if it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GimpUi, GLib, GObject, Gtk

from neural_style_gimp.dialog import help_page
from neural_style_gimp.dialog.comparison import Comparison
from neural_style_gimp.dialog.draft_pane import DraftPane, DraftRequest
from neural_style_gimp.dialog.gallery import Gallery, remember
from neural_style_gimp.dialog.region_row import RegionRow
from neural_style_gimp.dialog.style_chooser import StyleChooser
from neural_style_gimp.dialog.style_controls import file_style
from neural_style_gimp.dialog.thumbnails import Thumbnails
from neural_style_gimp.i18n import N_, _
from neural_style_gimp.image.downscaled import Downscaled
from neural_style_gimp.image.target import Target
from neural_style_gimp.request import procedure_arguments as arguments
from neural_style_gimp.request.style_source import FileStyle
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.palette import Palette
from nst_server.values.settings import Settings

OPTIONS = ["preset", "strength", "brush-size", "colors", "smoothness", arguments.OUTPUT]
"""Options that are always shown; the other visible ones are under More."""

SCALES = ["strength", "brush-size", "smoothness"]

RESET = 1
"""GIMP's response code for its Reset button."""

TIPS = {
    Gtk.ResponseType.OK: N_("Paint the layer with these settings"),
    Gtk.ResponseType.CANCEL: N_("Close this window and change nothing"),
    Gtk.ResponseType.HELP: N_("Open the manual"),
    RESET: N_("Take the defaults again, or the settings used last"),
}

AROUND = 180
"""Height of the window's title, buttons and borders, in pixels."""

SMALL_SCREEN = 700
"""Height of a screen that has room for one row of samples only, in pixels."""

SIZES = ("auto", "full", "512", "768", "1024", "1536", "2048")
"""Proposals for the size to paint at; any number can be typed."""


def ask(procedure: Any, config: Any, targets: Sequence[Target], home: Home) -> bool:
    """Let the user edit ``config``; return True to go on."""
    GimpUi.init("neural-style")

    def possible(output: str) -> bool:
        return all(target.obstacle(output) is None for target in targets)

    if not possible(config.get_property(arguments.OUTPUT)):
        outputs = (name for name in arguments.OUTPUTS if possible(name))
        config.set_property(arguments.OUTPUT, next(outputs, "new-image"))
    return Dialog(procedure, config, targets, home).run()


class Dialog:
    """The settings dialog; **Stylize** is grayed out until the job can be done as set.

    The draft shows the first target.
    """

    def __init__(self, procedure: Any, config: Any, targets: Sequence[Target], home: Home) -> None:
        self._config = config
        self._targets = targets
        self._home = home
        self._dialog = GimpUi.ProcedureDialog.new(procedure, config, "Neural Style")
        self._dialog.set_ok_label(_("St_ylize"))
        self._dialog.add_button(_("_Help"), Gtk.ResponseType.HELP)
        self._dialog.connect("response", _help)
        for response, tip in TIPS.items():
            button = self._dialog.get_widget_for_response(response)
            if button is not None:
                button.set_tooltip_text(_(tip))
        self._note = Gtk.Label(wrap=True, xalign=0, yalign=0, width_chars=36, max_width_chars=36)
        self._preset = str(config.get_property("preset"))
        self._settings: Settings | None = None
        self._thumbnails = Thumbnails()
        self._style = StyleChooser(
            config,
            arguments.FIRST,
            home.styles,
            self._thumbnails,
            self._judge,
            labels=(_("Style _kind"), _("P_icture")),
        )
        self._second = StyleChooser(
            config,
            arguments.SECOND,
            home.styles,
            self._thumbnails,
            self._judge,
            labels=(_("Seco_nd style"), _("Fr_om")),
            needed=False,
        )
        self._region = RegionRow(config, targets[0].image)
        self._draft = DraftPane(home, targets[0], self._wish, self._take_content)
        rows = 1 if _screen().height < SMALL_SCREEN else 2
        self._gallery = Gallery(home.styles, self._thumbnails, self._take_style, most_rows=rows)
        self._content: Downscaled | None = None
        self._comparison: Comparison | None = None
        self._fill()
        config.connect("notify::preset", lambda *_: self._follow_preset())
        config.connect("notify", lambda *_: self._judge())
        self._style.refresh()
        self._second.refresh()

    def run(self) -> bool:
        """Show the dialog until the user answers; return True for Stylize."""
        accepted = bool(self._dialog.run())
        if accepted:
            self._settle()
        self._dialog.destroy()
        self._style.close()
        self._second.close()
        self._thumbnails.close()
        if self._comparison is not None:
            self._comparison.close()
        self._draft.close()
        return accepted

    def _settle(self) -> None:
        """Clear what is grayed out, and remember the files used so that they are offered first."""
        if arguments.chosen_style(self._config, arguments.SECOND) is None:
            self._config.set_property(arguments.CHANNEL, None)
        for style_arguments in (arguments.FIRST, arguments.SECOND):
            style = arguments.chosen_style(self._config, style_arguments)
            if isinstance(style, FileStyle):
                remember(style.file)

    def _fill(self) -> None:
        dialog = self._dialog
        for name in SCALES:
            dialog.get_scale_entry(name, 1.0)
        self._mix = dialog.get_scale_entry(arguments.MIX, 1.0)
        apart = (*OPTIONS, "size", "seamless")
        others = [name for name in arguments.visible() if name not in apart]
        more = dialog.fill_box("more-options", [arguments.MIX, *others, arguments.EXPERT_OPTIONS])
        size = _size_row(self._config)
        size.pack_end(dialog.get_widget("seamless", GObject.TYPE_NONE), False, False, 0)
        for place, row in ((0, self._second.widget), (1, self._region.widget), (3, size)):
            more.pack_start(row, False, False, 0)
            more.reorder_child(row, place)
        dialog.get_label("more-title", _("Mor_e"), False, True)
        expander = dialog.fill_expander("more", "more-title", False, "more-options")
        expander.set_tooltip_text(
            _("A second style, the size, and options that are needed less often")
        )
        expander.set_resize_toplevel(False)  # GTK would let it grow beyond the screen
        expander.connect("notify::expanded", lambda *_: GLib.idle_add(_fit, dialog))
        for_several = [arguments.ANIMATION] if len(self._targets) > 1 else []
        options = dialog.fill_box("options", [*OPTIONS, *for_several, "more"])
        options.pack_start(self._style.widget, False, False, 0)
        options.reorder_child(self._style.widget, 0)
        options.pack_end(self._note, False, False, 0)
        self._note.show()
        scrolled = dialog.fill_scrolled_window("options-in-sight", "options")
        scrolled.set_policy(Gtk.PolicyType.NEVER, Gtk.PolicyType.AUTOMATIC)
        scrolled.set_can_focus(False)
        scrolled.set_shadow_type(Gtk.ShadowType.NONE)
        scrolled.set_propagate_natural_height(True)
        scrolled.set_max_content_height(_room())
        columns = dialog.fill_box("columns", ["options-in-sight"])
        columns.set_orientation(Gtk.Orientation.HORIZONTAL)
        columns.set_spacing(18)
        sight = self._sight()
        columns.pack_start(sight, False, False, 0)
        columns.reorder_child(sight, 0)
        dialog.fill(["columns"])

    def _sight(self) -> Any:
        """Column with the draft and, below it, the samples."""
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12)
        column.pack_start(self._draft.widget, False, False, 0)
        self._compare = Gtk.Button.new_with_mnemonic(_("Compare styles at a _glance…"))
        self._compare.set_tooltip_text(
            _("See small drafts of the layer in all of these styles, and take one")
        )
        self._compare.set_sensitive(False)  # until the layer is read
        self._compare.connect("clicked", lambda __: self._show_comparison())
        if self._gallery.paths:
            for part in (self._gallery.widget, self._compare):
                column.pack_start(part, False, False, 0)
            self._compare.show()
        column.show()
        return column

    def _take_content(self, content: Downscaled) -> None:
        self._content = content
        raster = content.content
        self._gallery.sort_by(Palette.of(bytes(raster.pixels), raster.channels))
        self._compare.set_sensitive(True)

    def _take_style(self, path: Path) -> None:
        arguments.choose_style(self._config, arguments.FIRST, file_style(path))

    def _show_comparison(self) -> None:
        assert self._content is not None  # the button would not be sensitive
        if self._comparison is None:
            self._comparison = Comparison(
                self._home,
                self._content,
                self._gallery.paths,
                self._thumbnails,
                self._dialog,
                chosen=self._take_style,
                begun=self._draft.make_way,
                ended=self._draft.change,
            )
            self._comparison.change(self._settings)
        self._comparison.show()

    def _follow_preset(self) -> None:
        self._preset = arguments.follow_preset(self._config, self._preset)

    def _judge(self) -> None:
        """Show what keeps the job from being started, and gray out Stylize as long as it does."""
        problem = self._style.problem or self._second.problem
        second = self._second.picture is not None
        self._region.allow(second=second)
        self._mix.set_sensitive(second and self._region.channel is None)
        self._settings = None
        try:
            self._settings = arguments.settings_of(self._config, shown=True)
        except NeuralStyleError as error:
            problem = error.translated(_)
        output = self._config.get_property(arguments.OUTPUT)
        obstacles = (target.obstacle(output) for target in self._targets)
        problem = next(
            (obstacle.translated(_) for obstacle in obstacles if obstacle is not None), problem
        )
        self._note.set_text(problem)
        self._dialog.set_response_sensitive(Gtk.ResponseType.OK, not problem)
        self._draft.change()
        if self._comparison is not None:
            self._comparison.change(self._settings)

    def _wish(self) -> DraftRequest | None:
        if self._settings is None:
            return None
        share = self._config.get_property(arguments.MIX)
        first, second = self._style.picture, self._second.picture
        return DraftRequest(self._settings, first, second, share, self._region.channel)


def _help(dialog: Any, response: int) -> None:
    """Show the manual, without the dialog's loop taking the response for a Cancel."""
    if response == Gtk.ResponseType.HELP:
        dialog.stop_emission_by_name("response")
        help_page.show(help_page.page(), dialog)


def _screen() -> Any:
    """Area of the screen in which windows can be."""
    display = Gdk.Display.get_default()
    return (display.get_primary_monitor() or display.get_monitor(0)).get_workarea()


def _room() -> int:
    """Greatest height of the options that fits on the screen; beyond it they scroll."""
    return max(200, _screen().height - AROUND)


def _fit(dialog: Any) -> None:
    """Make the dialog as high as its options need, and move it fully onto the screen."""
    window = dialog.get_window()
    if window is None:  # closed meanwhile
        return
    width, height = dialog.get_size()
    _, needed = dialog.get_preferred_height_for_width(width)
    dialog.resize(width, needed)
    screen, (left, top) = _screen(), dialog.get_position()
    title = max(0, window.get_frame_extents().height - height)
    highest = screen.y + screen.height - needed - title
    if top > highest:
        dialog.move(left, max(screen.y, highest))


def _size_row(config: Any) -> Any:
    """Row with an entry for a size, in words or as a number, with proposals."""
    proposals = Gtk.ComboBoxText.new_with_entry()
    for size in SIZES:
        proposals.append_text(size)
    entry = proposals.get_child()
    entry.set_width_chars(8)
    flags = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
    config.bind_property("size", entry, "text", flags)
    label = Gtk.Label.new_with_mnemonic(_(arguments.LABELS["size"]))
    label.set_mnemonic_widget(entry)
    row = Gtk.Box(spacing=6)
    row.pack_start(label, False, False, 0)
    row.pack_start(proposals, False, False, 0)
    row.set_tooltip_text(
        _(
            "Longest side to paint at, in pixels. auto: the largest that takes a reasonable "
            "time; full: the layer's own size."
        )
    )
    row.show_all()
    return row
