"""Put a plain gray painting into an image in which something happened while it was painted."""

import sys
import tempfile
from pathlib import Path

import inside
from gi.repository import Gimp


def nothing(image, photo):
    pass


def select_other(image, photo):
    inside.select_ellipse(image, 80, 60, 40, 40)


def paint_over(image, photo):
    inside.write(photo, b"\x11" * (160 * 120 * 3), "R'G'B' u8")


def erase(image, photo):
    photo.add_alpha()
    inside.write(photo, inside.read(photo, "R'G'B' u8"), "R'G'B' u8")
    photo.edit_clear()


def move(image, photo):
    photo.set_offsets(7, 9)


def rotate_layer(image, photo):
    Gimp.Selection.none(image)
    photo.transform_rotate_simple(Gimp.RotationType.DEGREES90, True, 0, 0)


def delete_layer(image, photo):
    image.remove_layer(photo)


def scale_image(image, photo):
    image.scale(80, 60)


def lock(image, photo):
    photo.set_lock_content(True)


def lock_group(image, photo):
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(photo, group, 0)
    group.set_lock_content(True)


def few_colors(image, photo):
    image.convert_precision(Gimp.Precision.U8_NON_LINEAR)
    none, generated = Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE
    image.convert_indexed(none, generated, 16, False, False, "")


def floating_selection(image, photo):
    Gimp.edit_copy([photo])
    Gimp.edit_paste(photo, True)


def close_image(image, photo):
    image.delete()


def main(plug_in, output, happening):
    sys.path[:0] = [plug_in, f"{plug_in}/site"]
    from neural_style_gimp.image.target import Target
    from neural_style_gimp.placing import placing

    from nst_server.values.progress import Report
    from nst_server.values.recipe import Recipe
    from nst_server.values.settings import Settings
    from nst_server.wire.events import Finished
    from nst_server.wire.spool import Spool

    image = inside.image(160, 120, precision="U16_NON_LINEAR")
    photo = inside.layer(image)
    inside.select_ellipse(image, 20, 20, 80, 60)
    target = Target.of(image, photo)
    mask = target.selection(Path(tempfile.gettempdir()))
    fingerprint = target.fingerprint()
    shape = target.shape
    report = Report.untouched(shape.width, shape.height, "draft")
    recipe = Recipe(Settings(), ())
    half = Spool.holding(b"\x00\x00\x00\x3f" * (shape.size_in_bytes // 4))
    finished = Finished(shape, half, report)
    globals()[happening](image, photo)
    before = inside.digest(photo) if photo.is_valid() else None
    layers = count(image)
    said = []
    placing.tell = said.append
    painting = placing.PaintedTarget(target, finished, mask, "plain", recipe, fingerprint)
    placed = placing.place([painting], output)[0]
    goal = placed.get_image()
    told = {
        "said": said,
        "new layers": count(image) - layers,
        "own image": goal != image,
        "precision": goal.get_precision().value_nick,
        "resolution": goal.get_resolution()[1],
        "photo untouched": not photo.is_valid() or inside.digest(photo) == before,
        "painted": inside.described(placed),
        "mask as sent": placed.get_mask() is not None
        and inside.read(placed.get_mask(), mask.format) == mask.cut(target.painted),
    }
    for each in (image, goal):
        if each.is_valid():
            each.delete()
    return told


def count(image):
    """How many layers there are, in groups too."""
    layers = list(image.get_layers()) if image.is_valid() else []
    for layer in layers:
        layers += layer.get_children() if layer.is_group() else []
    return len(layers)
