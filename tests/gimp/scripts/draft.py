"""The settings dialog in this process, used as a person does, with an eye on its main loop."""

import itertools
import sys
import time
from pathlib import Path

import inside
from gi.repository import Gimp, Gio, GLib

PROBE_MILLISECONDS = 20


def main(plug_in, home, style, changes):
    """Open it, choose ``style``, wait for its draft, make each change and wait for its draft.

    What was drawn in each stage, and in milliseconds the gaps of the main loop while drafts were
    painted, longest first, and how long each turn of the draft held it, less its waits for a
    processor.
    """
    sys.path[:0] = [plug_in, f"{plug_in}/site"]
    from neural_style_gimp.dialog import dialog as dialogs
    from neural_style_gimp.dialog import draft_pane

    held = hold_times(draft_pane.DraftPane)
    dialogs.GimpUi.init("neural-style-test")
    drive = Drive(dialogs, home)
    steps = drive.steps([("style-file", style), *changes.items()])

    def step():
        try:
            next(steps)
        except StopIteration:
            return False
        return time.monotonic() - drive.began < 120

    probing = GLib.timeout_add(PROBE_MILLISECONDS, drive.probe)
    GLib.timeout_add(10, step)
    GLib.timeout_add_seconds(120, drive.cancel)
    accepted = drive.dialog.run()
    GLib.source_remove(probing)
    gaps = sorted((1000 * (b - a) for a, b in itertools.pairwise(drive.ticks)), reverse=True)
    distinct = len({drive.before, *(stage["picture"] for stage in drive.stages)})
    return {
        "accepted": accepted,
        "distinct pictures": distinct,
        "stages": [{key: each[key] for key in ("first", "whole")} for each in drive.stages],
        "machine": drive.machine,
        "plan": drive.plan,
        "gaps": gaps,
        "held": sorted(held, reverse=True),
    }


class Drive:
    """The dialog on the first open image, used in steps between its main loop's turns."""

    def __init__(self, dialogs, home):
        from neural_style_gimp.image.target import Target

        from nst_server.host.home import Home

        image = Gimp.get_images()[0]
        self.config = Gimp.get_pdb().lookup_procedure(inside.PROCEDURE).create_config()
        targets = [Target.of(image, layer) for layer in image.get_selected_layers()]
        procedure = Gimp.get_pdb().lookup_procedure(inside.PROCEDURE)
        self.dialog = dialogs.Dialog(procedure, self.config, targets, Home(Path(home)))
        self.pane = self.dialog._draft
        self.cancelled = dialogs.Gtk.ResponseType.CANCEL
        self.began = time.monotonic()
        self.stages, self.ticks = [], []
        self.before = self.machine = self.plan = None

    def probe(self):
        self.ticks.append(time.monotonic())
        return True

    def cancel(self):
        self.dialog._dialog.response(self.cancelled)

    def steps(self, changes):
        pane = self.pane
        yield from until(lambda: pane._content is not None)
        self.before = inside_bytes(pane._before)
        yield from until(lambda: "appears" in pane._status.get_text())
        self.machine = pane._machine.get_text()
        self.ticks.clear()
        for name, value in changes:
            if name.startswith("style-file"):
                value = Gio.File.new_for_path(value)
            yield from self.stage(name, value)
        self.plan = pane._plan.get_text()
        self.cancel()

    def stage(self, name, value):
        pane = self.pane
        self.config.set_property(name, value)
        since = time.monotonic()
        shown = pane._picture.get_pixbuf()
        yield from until(lambda: pane._picture.get_pixbuf() is not shown)
        first = time.monotonic() - since
        yield from until(lambda: pane._status.get_text().startswith("Draft, "))
        yield from until(lambda: pane._status.get_text().startswith("Draft. "))
        picture = pane._after is not None and inside_bytes(pane._after)
        whole = time.monotonic() - since
        self.stages.append({"first": first, "whole": whole, "picture": picture})


def hold_times(pane_class):
    """A list that gets how long each turn of the draft holds the main loop, in milliseconds."""
    held, tick = [], pane_class._tick

    def measured(pane):
        since, waited = time.monotonic(), queued()
        try:
            return tick(pane)
        finally:
            held.append(1000 * (time.monotonic() - since - (queued() - waited)))

    pane_class._tick = measured
    return held


def queued():
    """Seconds in which this thread could have run, but others had the processors."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def until(condition):
    while not condition():
        yield


def inside_bytes(picture):
    return bytes(picture.get_pixels())
