"""Every control of the dialog that the keyboard reaches: its key, its tip."""

from dialog import Open, walk

NONE = 0xFFFFFF
"""The key of a label that has none."""


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
    label = widget.get_label_widget() if isinstance(widget, Gtk.Expander) else None
    if label is not None:
        return [label.get_mnemonic_keyval()]
    if isinstance(widget, Gtk.Button) and widget.get_use_underline():
        _, line, after = (widget.get_label() or "").partition("_")
        if line:
            return [ord(after[0].lower())]
    if isinstance(widget, Gtk.RadioButton):  # arrows go from one to the next
        widget = widget.get_group()[-1]
    while widget is not None:
        beside = [widget]
        if isinstance(widget, Gtk.Grid | Gtk.Box):  # a slider and its number are one control
            beside += widget.get_children()
        found = {label.get_mnemonic_keyval() for each in beside for label in named(each)}
        if found - {NONE}:
            return found - {NONE}
        widget = widget.get_parent()
    return []


def named(widget):
    return widget.list_mnemonic_labels()


def tip(widget):
    while widget is not None:
        text = widget.get_tooltip_text()
        if text:
            return text
        widget = widget.get_parent()
    return ""
