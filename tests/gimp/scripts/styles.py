"""One photograph in styles of every origin, alone, mixed, by region; and again from the layer."""

import os
import shutil
from pathlib import Path

import inside
from gi.repository import Gegl, Gimp, Gio

AGAIN = "plug-in-neural-style-again"


def main(style, **arguments):
    """What came of each call, its pixels' digest and the mean colours of its halves."""
    other = style.rpartition("/")[0] + "/other.png"
    stripes, layer = striped("stripes")
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, stripes, Gio.File.new_for_path(other), None)
    masked, half = striped("masked", masked=True)
    locked, fast = striped("locked", masked=True)
    fast.set_lock_content(True)
    grouped, group = in_a_group()
    filtered, shown = striped("filtered", masked=True)
    shown.append_filter(Gimp.DrawableFilter.new(shown, "gegl:invert-gamma", "inverted"))
    inside.write(shown, bytes([55, 215, 235] * 80 + [235, 135, 195] * 80) * 120, "R'G'B' u8")
    odd = Path(style).with_name(os.fsdecode(b"M\xe4rz.png"))  # from another system's archive
    shutil.copy(style, odd)
    pattern = Gimp.context_get_pattern()  # GIMP is run without its data, so this is all there is
    second = {"style_file_2": Gio.File.new_for_path(other)}
    calls = {
        "only first": {"style": style},
        "share 0": {"style": style, **second, "style_mix": 0.0},
        "half": {"style": style, **second, "style_mix": 50.0},
        "share 100": {"style": style, **second, "style_mix": 100.0},
        "only second": {"style": other},
        "layer": {"style_drawable": layer},
        "layer second": {"style": style, "style_drawable_2": layer, "style_mix": 100.0},
        "masked layer": {"style_drawable": half},
        "masked and locked layer": {"style_drawable": fast},
        "masked group": {"style_drawable": group},
        "filtered layer": {"style_drawable": shown},
        "odd name": {"style_file": Gio.File.new_for_path(str(odd))},
        "pattern": {"style_pattern": pattern},
        "layer before file": {"style": style, "style_drawable": layer},
        "region": {"style": style, **second, "style_channel": "left"},
        "region of all": {"style": style, **second, "style_channel": "everything"},
        "region of nothing": {"style": style, **second, "style_channel": "nothing"},
        "region beside selection": {
            "style": style,
            **second,
            "style_channel": "left",
            "select": (100, 20, 50, 80),
        },
    }
    told = {}
    for called, styles in calls.items():
        told[called] = one(
            styles, arguments, again=called in {"half", "pattern", "region", "layer"}
        )
    for each in (stripes, masked, locked, grouped, filtered):
        each.delete()
    return told


def in_a_group():
    """An image with a group whose mask hides the red of the layer inside."""
    image, layer = striped("grouped")
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    hide_left(group)
    return image, group


def hide_left(layer):
    """By a mask."""
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    inside.write(mask, bytes([0] * 80 + [255] * 80) * 120, "Y u8")


def one(styles, arguments, again):
    image = inside.image()
    photo = inside.layer(image)
    styles = dict(styles)
    if "style_channel" in styles:
        styles["style_channel"] = channel(image, styles["style_channel"])
    if "select" in styles:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, *styles.pop("select"))
    result, made = inside.paint(image, [photo], **styles, **arguments)
    told = {"result": result}
    if made is not None:
        told |= seen(made)
    if again and made is not None:
        result, made = inside.paint(image, [made], procedure=AGAIN)
        told["again"] = result if made is None else seen(made)
    image.delete()
    return told


def seen(made):
    width, height = made.get_width(), made.get_height()
    return {
        "name": made.get_name(),
        "digest": inside.digest(made),
        "left": mean(made, (0, 0, width // 2, height)),
        "right": mean(made, (width // 2, 0, width - width // 2, height)),
    }


def mean(layer, box):
    data = inside.read(layer, "R'G'B' u8", box)
    return [sum(data[each::3]) / (len(data) // 3) for each in range(3)]


def striped(name, masked=False):
    """An image with a layer of red and green stripes; the red is masked away if so wanted."""
    image = inside.image(160, 120)
    layer = inside.layer(image, seed=5, name=name, alpha=masked)
    inside.write(layer, bytes([200, 40, 20] * 80 + [20, 120, 60] * 80) * 120, "R'G'B' u8")
    if masked:
        hide_left(layer)
    return image, layer


def channel(image, kind):
    """A saved channel: the left half, everything or nothing."""
    made = Gimp.Channel.new(image, kind, 160, 120, 50, Gegl.Color.new("black"))
    image.insert_channel(made, None, 0)
    columns = {"left": 80, "everything": 160, "nothing": 0}[kind]
    inside.write(made, bytes([255] * columns + [0] * (160 - columns)) * 120, "Y u8")
    return made
