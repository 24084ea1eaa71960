"""The settings dialog in this process, driven by its own widgets, for tests to look into."""

import sys
import time
from pathlib import Path

import inside
from gi.repository import Gimp


class Open:
    """The dialog on the first open image, with its main loop in our hands."""

    def __init__(self, plug_in, home, **arguments):
        sys.path[:0] = [plug_in, f"{plug_in}/site"]
        from neural_style_gimp.dialog import dialog as dialogs
        from neural_style_gimp.image.target import Target

        from nst_server.host.home import Home

        self.Gtk = dialogs.Gtk
        image = Gimp.get_images()[0]
        procedure = Gimp.get_pdb().lookup_procedure(inside.PROCEDURE)
        self.config = procedure.create_config()
        for name, value in arguments.items():
            self.config.set_property(name.replace("_", "-"), value)
        dialogs.GimpUi.init("neural-style-test")
        targets = [Target.of(image, layer) for layer in image.get_selected_layers()]
        self.dialog = dialogs.Dialog(procedure, self.config, targets, Home(Path(home)))
        self.pane = self.dialog._draft
        self.turns = []
        self.dialog._dialog.show()

    def turn(self):
        """One turn of the main loop: how long it took by the clock and on the processor."""
        context = self.context()
        if not context.pending():
            time.sleep(0.002)
            return
        wall, work = time.monotonic(), time.thread_time()
        context.iteration(False)
        self.turns.append((time.thread_time() - work, time.monotonic() - wall))

    def until(self, condition, seconds=120):
        end = time.monotonic() + seconds
        while not condition():
            self.turn()
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {self.pane._status.get_text()}")

    def drafted(self):
        """Wait for the whole of the draft of what is set now."""
        self.until(lambda: not self.pane._status.get_text().startswith("Draft. "))
        self.until(lambda: self.pane._status.get_text().startswith("Draft. "))

    def shown(self):
        picture = self.pane._picture.get_pixbuf()
        return bytes(picture.get_pixels())

    def close(self):
        for part in ("_style", "_second", "_thumbnails", "_draft"):
            getattr(self.dialog, part).close()
        self.dialog._dialog.destroy()

    @staticmethod
    def context():
        from gi.repository import GLib

        return GLib.MainContext.default()


def walk(widget, Gtk):  # noqa: N803 - the module's own name
    yield widget
    if isinstance(widget, Gtk.Container):
        inner = []
        widget.forall(inner.append)
        for each in inner:
            yield from walk(each, Gtk)
