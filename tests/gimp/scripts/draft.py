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
    from neural_style_gimp.image.target import Target

    from nst_server.host.home import Home

    image = Gimp.get_images()[0]
    procedure = Gimp.get_pdb().lookup_procedure(inside.PROCEDURE)
    config = procedure.create_config()
    held = []

    def timed(tick):
        def measured(pane):
            since, waited = time.monotonic(), queued()
            try:
                return tick(pane)
            finally:
                held.append(1000 * (time.monotonic() - since - (queued() - waited)))

        return measured

    draft_pane.DraftPane._tick = timed(draft_pane.DraftPane._tick)
    dialogs.GimpUi.init("neural-style-test")
    targets = [Target.of(image, layer) for layer in image.get_selected_layers()]
    dialog = dialogs.Dialog(procedure, config, targets, Home(Path(home)))
    pane = dialog._draft
    told = {"stages": [], "began": time.monotonic()}
    ticks = []

    def probe():
        ticks.append(time.monotonic())
        return True

    def painted():
        return pane._after is not None and inside_bytes(pane._after)

    def drive():
        yield from until(lambda: pane._content is not None)
        told["before"] = inside_bytes(pane._before)
        yield from until(lambda: "appears" in pane._status.get_text())
        told["machine"] = pane._machine.get_text()
        ticks.clear()
        for name, value in [("style-file", style), *changes.items()]:
            if name.startswith("style-file"):
                value = Gio.File.new_for_path(value)
            config.set_property(name, value)
            since = time.monotonic()
            shown = pane._picture.get_pixbuf()
            yield from until(lambda shown=shown: pane._picture.get_pixbuf() is not shown)
            first = time.monotonic() - since
            yield from until(lambda: pane._status.get_text().startswith("Draft, "))
            yield from until(lambda: pane._status.get_text().startswith("Draft. "))
            told["stages"].append(
                {"first": first, "whole": time.monotonic() - since, "picture": painted()}
            )
        told["plan"] = pane._plan.get_text()
        dialog._dialog.response(dialogs.Gtk.ResponseType.CANCEL)

    steps = drive()

    def step():
        try:
            next(steps)
        except StopIteration:
            return False
        return time.monotonic() - told["began"] < 120

    probing = GLib.timeout_add(PROBE_MILLISECONDS, probe)
    GLib.timeout_add(10, step)
    GLib.timeout_add_seconds(120, lambda: dialog._dialog.response(dialogs.Gtk.ResponseType.CANCEL))
    accepted = dialog.run()
    GLib.source_remove(probing)
    gaps = sorted((1000 * (b - a) for a, b in itertools.pairwise(ticks)), reverse=True)
    distinct = len({told["before"], *(stage["picture"] for stage in told["stages"])})
    return {
        "accepted": accepted,
        "distinct pictures": distinct,
        "stages": [{key: each[key] for key in ("first", "whole")} for each in told["stages"]],
        "machine": told.get("machine"),
        "plan": told.get("plan"),
        "gaps": gaps,
        "held": sorted(held, reverse=True),
    }


def queued():
    """Seconds in which this thread could have run, but others had the processors."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def until(condition):
    while not condition():
        yield


def inside_bytes(picture):
    return bytes(picture.get_pixels())
