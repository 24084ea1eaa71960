"""Images of other kinds: deeper, gray, with a palette; groups; results as a new image."""

import inside
from gi.repository import Gimp, Gio


def main(style, base="RGB", precision="U8_NON_LINEAR", alpha=False, select=False, **arguments):
    """Paint an image of that kind."""
    group, profile = arguments.pop("group", False), arguments.pop("profile", None)
    image = inside.image(160, 120, "RGB" if base == "INDEXED" else base, precision)
    if profile:
        image.set_color_profile(Gimp.ColorProfile.new_from_file(Gio.File.new_for_path(profile)))
    photo = inside.layer(image, alpha=alpha)
    if base == "INDEXED":
        image.convert_indexed(
            Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, ""
        )
    if group:
        layers = Gimp.GroupLayer.new(image, "group")
        image.insert_layer(layers, None, 0)
        image.reorder_item(photo, layers, 0)
    if select:
        inside.select_ellipse(image, 20, 20, 80, 60)
    target = layers if group else photo
    image.clean_all()
    before = inside.state(image)
    result, painted = inside.paint(image, [target], style, **arguments)
    told = {"result": result, "before": before, "after": inside.state(image)}
    if painted is not None:
        goal = painted.get_image()
        told |= {
            "painted": inside.described(painted),
            "precision": goal.get_precision().value_nick,
            "base": goal.get_base_type().value_nick,
            "resolution": goal.get_resolution()[1],
            "images": len(Gimp.get_images()),
            "own image": goal != image,
            "levels": len(set(inside.read(painted, "R'G'B' u16")[:30000])),
            "alpha same": not alpha or inside.read(painted, "A u8") == inside.read(photo, "A u8"),
            "differs": inside.read(painted, "R'G'B' u8") != inside.read(photo, "R'G'B' u8"),
        }
        if goal != image:
            goal.delete()
    image.delete()
    return told
