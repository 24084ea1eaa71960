"""A new layer from a feathered ellipse over a layer that lies off the image's corner."""

import inside


def main(style, **arguments):
    image = inside.image(450, 360)
    below = inside.layer(image, 450, 360, name="below")
    photo = inside.layer(image, 400, 300, offset=(30, 40))
    above = inside.layer(image, 20, 20, name="above")
    inside.select_ellipse(image, 110, 100, 200, 150)
    _, *box = photo.mask_intersect()
    before = inside.digest(photo)
    result, painted = inside.paint(image, [photo], style, **arguments)
    if painted is None:
        return {"result": result}
    image_box = [box[0] + 30, box[1] + 40, box[2], box[3]]
    selection = inside.read(image.get_selection(), "Y u8", image_box)
    mask = inside.read(painted.get_mask(), "Y u8")
    old = inside.read(photo, "R'G'B' u8", box)
    new = inside.read(painted, "R'G'B' u8")
    within = [i for i, level in enumerate(selection) if level == 255]
    changed = sum(old[3 * i : 3 * i + 3] != new[3 * i : 3 * i + 3] for i in within)
    told = {
        "result": result,
        "painted": inside.described(painted),
        "box": box,
        "names": [layer.get_name() for layer in image.get_layers()],
        "positions": [image.get_item_position(each) for each in (above, painted, photo, below)],
        "original untouched": inside.digest(photo) == before,
        "mask differs by": max(abs(a - b) for a, b in zip(selection, mask, strict=True)),
        "changed inside": changed / len(within),
        "same layer": painted.get_image() == image,
    }
    image.delete()
    return told
