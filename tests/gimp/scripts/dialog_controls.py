"""Every control of the dialog that the keyboard reaches: its key, its tip."""

from dialog import Open, walk


def main(plug_in, home, kinds):
    """``kinds`` are those of the first and of the second style."""
    opened = Open(plug_in, home)
    Gtk = opened.Gtk  # noqa: N806 - the module's own name
    opened.dialog._style._kinds.set_active_id(kinds[0])
    opened.dialog._second._kinds.set_active_id(kinds[1])
    for widget in walk(opened.dialog._dialog, Gtk):
        if isinstance(widget, Gtk.Expander):
            widget.set_expanded(True)
    opened.until(lambda: opened.pane._content is not None)
    told = [
        {
            "kind": type(widget).__name__,
            "keys": sorted({chr(key) for key in keys(widget, Gtk)}),
            "tip": tip(widget),
            "sample": isinstance(widget.get_parent(), Gtk.FlowBoxChild),
        }
        for widget in walk(opened.dialog._dialog, Gtk)
        if widget.get_can_focus() and widget.get_mapped()
    ]
    opened.close()
    return told


def keys(widget, Gtk):  # noqa: N803
    """Of its own label, or of a label that names it or what it is a part of."""
    if isinstance(widget, Gtk.Button | Gtk.Expander) and widget.get_use_underline():
        label = widget.get_label() or ""
        if "_" in label:
            yield ord(label[label.index("_") + 1].lower())
    while widget is not None and not isinstance(widget, Gtk.Grid | Gtk.Box | Gtk.Dialog):
        for label in widget.list_mnemonic_labels():
            yield label.get_mnemonic_keyval()
        widget = widget.get_parent()
    if isinstance(widget, Gtk.Box):  # a slider, its number and its label are one control
        for label in widget.list_mnemonic_labels():
            yield label.get_mnemonic_keyval()


def tip(widget):
    while widget is not None:
        text = widget.get_tooltip_text()
        if text:
            return text
        widget = widget.get_parent()
    return ""
