"""The styles compared in the settings dialog, with an eye on the clock and on its main loop."""

import itertools
import shutil
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from draft import PROBE_MILLISECONDS, Drive, hold_times, until
from gi.repository import GLib

SECONDS = 150

SIZE = (480, 220)
"""Width and height of the window, in which a few drafts are in sight."""


def main(plug_in, home, copies):
    """Compare ``copies`` of each sample, scroll to the last, take one, change the settings.

    For each row of drafts their names and the seconds after the click or after the draft before;
    gaps and held as in `draft`.
    """
    sys.path[:0] = [plug_in, f"{plug_in}/site"]
    from neural_style_gimp.dialog import comparison, draft_pane
    from neural_style_gimp.dialog import dialog as dialogs

    from nst_server.host.home import Home

    held = [hold_times(each) for each in (draft_pane.DraftPane, comparison.Comparison)]
    dialogs.GimpUi.init("neural-style-test")
    with tempfile.TemporaryDirectory() as folder:
        for sample in (Path(home) / "styles").iterdir():
            for number in range(copies):
                shutil.copy(sample, Path(folder) / f"{sample.stem} {number}{sample.suffix}")
        with (
            mock.patch.object(Home, "styles", Path(folder)),
            mock.patch.object(comparison, "SIZE", SIZE),
        ):
            drive = Comparing(dialogs, home)
            steps = drive.steps()

            def step():
                try:
                    next(steps)
                except StopIteration:
                    return False
                return time.monotonic() - drive.began < SECONDS

            probing = GLib.timeout_add(PROBE_MILLISECONDS, drive.probe)
            GLib.timeout_add(5, step)
            GLib.timeout_add_seconds(SECONDS, drive.cancel)
            drive.dialog.run()
            GLib.source_remove(probing)
    gaps = (1000 * (b - a) for a, b in itertools.pairwise(drive.ticks))
    return {
        **drive.told,
        "gaps": sorted(gaps, reverse=True),
        "held": sorted(itertools.chain(*held), reverse=True),
    }


class Comparing(Drive):
    """The dialog on the first open image, and its comparison."""

    told = None

    def steps(self):
        pane, dialog = self.pane, self.dialog
        self.told = {"rows": []}
        yield from until(lambda: pane._content is not None)
        yield from until(lambda: "appears" in pane._status.get_text())
        yield from until(lambda: len(dialog._gallery._palettes) == len(dialog._gallery.paths))
        self.told["gallery"] = [path.stem for path in dialog._gallery.paths]
        self.ticks.clear()
        dialog._compare.clicked()
        yield from self.row()
        bar = dialog._comparison._scrolled.get_vadjustment()
        self.told["scrolled"] = bar.get_upper() > bar.get_page_size()
        bar.set_value(bar.get_upper())
        yield from self.row()
        child = dialog._comparison._cells[-1].child
        child.activate()
        yield from until(lambda: pane._status.get_text().startswith("Draft. "))
        self.told["taken"] = self.config.get_property("style-file").get_basename()
        self.config.set_property("strength", 80.0)
        yield from self.row()
        dialog._comparison.hide()
        before = self.painted()
        bar.set_value(0)
        self.config.set_property("strength", 70.0)
        yield from until(lambda: not pane._status.get_text().startswith("Draft. "))
        yield from until(lambda: pane._status.get_text().startswith("Draft. "))
        self.told["painted while hidden"] = len(self.painted() - before)
        self.cancel()

    def row(self):
        """Note what is painted until nothing in sight is to be painted."""
        comparison = self.dialog._comparison
        since, seen, row = time.monotonic(), self.painted(), []
        at_work = True
        while at_work or not row:
            yield
            at_work = comparison._at_work
            new = self.painted() - seen
            if new:
                now = time.monotonic()
                row += [(name, now - since) for name, _ in new]
                seen, since = seen | new, now
        self.told["rows"].append(row)

    def painted(self):
        return {
            (cell.path.stem, cell.painted_with)
            for cell in self.dialog._comparison._cells
            if cell.painted_with is not None
        }
