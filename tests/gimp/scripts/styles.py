"""One photograph in a style, in another, in both, and in that of an open layer."""

import inside
from gi.repository import Gimp, Gio


def main(style, **arguments):
    other = style.rpartition("/")[0] + "/other.png"
    stripes = inside.image(160, 120)
    layer = inside.layer(stripes, seed=5, name="stripes")
    inside.write(layer, bytes([200, 40, 20] * 80 + [20, 120, 60] * 80) * 120, "R'G'B' u8")
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, stripes, Gio.File.new_for_path(other), None)
    second = {"style_file_2": Gio.File.new_for_path(other)}
    calls = {
        "only first": {"style": style},
        "share 0": {"style": style, **second, "style_mix": 0.0},
        "half": {"style": style, **second, "style_mix": 50.0},
        "share 100": {"style": style, **second, "style_mix": 100.0},
        "only second": {"style": other},
        "layer": {"style_drawable": layer},
    }
    results, painted, name = {}, {}, ""
    for called, styles in calls.items():
        image = inside.image()
        photo = inside.layer(image)
        results[called], made = inside.paint(image, [photo], **styles, **arguments)
        painted[called] = None if made is None else inside.digest(made)
        if called == "half" and made is not None:
            name = made.get_name()
            results["again"], made = inside.paint(
                image, [made], procedure="plug-in-neural-style-again"
            )
            painted["again"] = None if made is None else inside.digest(made)
        image.delete()
    stripes.delete()
    return {"results": results, "painted": painted, "name": name}
