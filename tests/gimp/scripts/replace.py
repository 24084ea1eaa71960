"""In place, on a layer with alpha, through a feathered ellipse that reaches over its edge."""

import inside


def main(style, **arguments):
    image = inside.image(450, 360)
    photo = inside.layer(image, 400, 300, offset=(30, 40), alpha=True)
    inside.select_ellipse(image, 300, 100, 200, 150)
    old = inside.native(photo)
    selection = inside.read(image.get_selection(), "Y float", [30, 40, 400, 300])
    result, painted = inside.paint(image, [photo], style, output="replace", **arguments)
    new = inside.native(photo)
    pixels = range(400 * 300)
    changed = {i for i in pixels if old[4 * i : 4 * i + 4] != new[4 * i : 4 * i + 4]}
    outside = {i for i in pixels if selection[4 * i : 4 * i + 4] == bytes(4)}
    told = {
        "result": result,
        "layers": len(image.get_layers()),
        "same layer": painted == photo,
        "parasite": inside.described(photo)["parasite"],
        "changed": len(changed),
        "outside": len(outside),
        "changed outside": len(changed & outside),
        "alpha kept": old[3::4] == new[3::4],
    }
    image.delete()
    return told
