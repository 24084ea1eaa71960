"""Use what GTK 3 has deprecated, so that a test knows that it would hear of it."""

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402


def main():
    Gtk.VBox(homogeneous=True)
    Gtk.Settings.get_default().set_property("gtk-button-images", True)
