"""The draft of a layer with alpha and a selection: what is shown, and what holds the main loop."""

import inside
from dialog import Open
from gi.repository import Gimp, Gio


def main(plug_in, home, style):
    shown = Gimp.get_images()[0]
    shown.get_selected_layers()[0].add_alpha()
    transparent(shown, (300, 0, 100, 400))
    shown.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 250, 400)
    opened = Open(plug_in, home)
    pane = opened.pane
    opened.until(lambda: pane._content is not None)
    before = opened.shown()
    opened.until(lambda: "appears" in pane._status.get_text())
    opened.turns.clear()
    opened.config.set_property("style-file", Gio.File.new_for_path(style))
    opened.drafted()
    after = opened.shown()
    pressed = pane._picture.get_parent()
    event(opened, pressed, "button-press-event")
    while_pressed = opened.shown()
    event(opened, pressed, "button-release-event")
    told = {
        "press shows the layer": while_pressed == before,
        "release shows the draft": opened.shown() == after,
        "changed": {
            name: changed(before, after, pane._picture.get_pixbuf(), columns)
            for name, columns in PARTS.items()
        },
        "small": {name: small(pane._content, columns) for name, columns in PARTS.items()},
        "plan": pane._plan.get_text(),
        "machine": pane._machine.get_text(),
        "processor": 1000 * max(work for work, _ in opened.turns),
        "clock": sorted((round(1000 * wall) for _, wall in opened.turns), reverse=True)[:5],
    }
    opened.close()
    Gimp.Selection.none(shown)
    return told


PARTS = {"selected": (0.05, 0.65), "kept": (0.75, 0.84), "transparent": (0.88, 0.97)}
"""Of the width: the context that travels is the whole layer but its last eighth."""


def small(content, columns):
    """Selection and alpha of a copy for a small draft, in the middle of some columns."""
    copy = content.within(128)
    width, height = copy.size
    pixel = height // 2 * width + round(width * sum(columns) / 2)
    return [copy.mask.pixels[pixel], copy.content.pixels[4 * pixel + 3]]


def event(opened, widget, name):
    from gi.repository import Gdk

    kind = "BUTTON_PRESS" if "press" in name else "BUTTON_RELEASE"
    made = Gdk.Event.new(getattr(Gdk.EventType, kind))
    widget.emit(name, made)


def changed(before, after, picture, columns):
    """Share of the bytes of some columns that are others now."""
    row, width, channels = picture.get_rowstride(), picture.get_width(), picture.get_n_channels()
    left, right = (channels * int(width * part) for part in columns)
    different = total = 0
    for top in range(0, len(after) - right, row):
        one, other = (data[top + left : top + right] for data in (before, after))
        different += sum(a != b for a, b in zip(one, other, strict=True))
        total += len(one)
    return different / total


def transparent(image, box):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *box)
    image.get_selected_layers()[0].edit_clear()
    Gimp.Selection.none(image)
    inside.state(image)
