"""The dialog where no server can be started: what it says, and whether it is of use."""

from dialog import Open
from gi.repository import Gio


def main(plug_in, home, style):
    opened = Open(plug_in, home)
    opened.until(lambda: "no draft" in opened.pane._status.get_text(), 60)
    opened.config.set_property("strength", 70.0)
    opened.config.set_property("style-file", Gio.File.new_for_path(style))
    opened.until(lambda: "none.png" in opened.dialog._note.get_text(), 30)
    told = {
        "status": opened.pane._status.get_text(),
        "note": opened.dialog._note.get_text(),
        "strength": opened.config.get_property("strength"),
    }
    opened.close()
    return told
