"""Calls that must be refused: what is told, and whether the image is as it was."""

import inside
from gi.repository import Gimp


def nothing(image, photo):
    return [photo]


def layer_and_channel(image, photo):
    return [photo, *channel(image, photo)]


def channel(image, photo):
    made = Gimp.Channel.new(image, "spot", 160, 120, 50, _black())
    image.insert_channel(made, None, 0)
    return [made]


def layer_mask(image, photo):
    mask = photo.create_mask(Gimp.AddMaskType.WHITE)
    photo.add_mask(mask)
    return [mask]


def floating_selection(image, photo):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 40, 40)
    Gimp.edit_copy([photo])
    return Gimp.edit_paste(photo, True)


def selection_misses(image, photo):
    photo.set_offsets(100, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 50, 50)
    return [photo]


def locked(image, photo):
    photo.set_lock_content(True)
    return [photo]


def text(image, photo):
    made = Gimp.TextLayer.new(image, "words", Gimp.context_get_font(), 20, Gimp.Unit.pixel())
    image.insert_layer(made, None, 0)
    return [made]


def group(image, photo):
    made = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(made, None, 0)
    image.reorder_item(photo, made, 0)
    return [made]


def indexed(image, photo):
    image.convert_indexed(
        Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, ""
    )
    return [photo]


def tiny(image, photo):
    return [inside.layer(image, 1, 1, name="tiny")]


def main(make="nothing", style=None, **arguments):
    """Bring an image into the state that ``make`` names, and call the plug-in on it."""
    image = inside.image()
    photo = inside.layer(image)
    drawables = globals()[make](image, photo)
    image.clean_all()
    before = inside.state(image)
    result, painted = inside.paint(image, drawables, style, **arguments)
    after = inside.state(image)
    image.delete()
    return {"result": result, "painted": painted is not None, "before": before, "after": after}


def _black():
    from gi.repository import Gegl

    return Gegl.Color.new("black")
