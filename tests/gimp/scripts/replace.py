"""In place, on a layer with alpha, through a feathered ellipse that reaches over its edge."""

import struct

import inside


def main(style, base="RGB", precision="U8_NON_LINEAR", **arguments):
    image = inside.image(450, 360, base, precision)
    photo = inside.layer(image, 400, 300, offset=(30, 40), alpha=True)
    inside.select_ellipse(image, 300, 100, 200, 150)
    old, alpha = inside.native(photo), inside.read(photo, "A float")
    fine = _doubles(photo)
    selection = inside.read(image.get_selection(), "Y float", [30, 40, 400, 300])
    result, painted = inside.paint(image, [photo], style, output="replace", **arguments)
    new = inside.native(photo)
    pixel = len(old) // (400 * 300)
    outside = [i for i in range(400 * 300) if selection[4 * i : 4 * i + 4] == bytes(4)]
    changed = {i for i in range(0, len(old), pixel) if old[i : i + pixel] != new[i : i + pixel]}
    lost = [i for i in outside if pixel * i in changed]
    after = _doubles(photo)
    told = {
        "result": result,
        "layers": len(image.get_layers()),
        "same layer": painted == photo,
        "parasite": inside.described(photo)["parasite"],
        "changed": len(changed),
        "outside": len(outside),
        "changed outside": len(lost),
        "outside differs by": max(
            (abs(fine[4 * i + c] - after[4 * i + c]) for i in lost for c in range(4)), default=0
        ),
        "alpha kept": inside.read(photo, "A float") == alpha,
    }
    image.delete()
    return told


def _doubles(layer):
    return struct.unpack(f"<{4 * 400 * 300}d", inside.read(layer, "R'G'B'A double"))
