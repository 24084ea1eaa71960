"""Put a plain gray painting into an image in which something happened while it was painted."""

import sys
import tempfile
from pathlib import Path

import inside


def nothing(image, photo):
    pass


def select_other(image, photo):
    inside.select_ellipse(image, 80, 60, 40, 40)


def delete_layer(image, photo):
    image.remove_layer(photo)


def scale_image(image, photo):
    image.scale(80, 60)


def delete_image(image, photo):
    image.delete()


def main(plug_in, output, happening):
    sys.path[:0] = [plug_in, f"{plug_in}/site"]
    from neural_style_gimp.result import Painting, place
    from neural_style_gimp.target import Target

    from nst_server.client.events import Finished
    from nst_server.errors import NeuralStyleError
    from nst_server.progress import Report
    from nst_server.spool import Spool

    image = inside.image()
    photo = inside.layer(image)
    inside.select_ellipse(image, 20, 20, 80, 60)
    target = Target.of(image, photo)
    mask = target.selection(Path(tempfile.gettempdir()))
    before = inside.digest(photo)
    globals()[happening](image, photo)
    shape = target.shape
    report = Report(shape.width, shape.height, shape.width, shape.height, 1.0, *"abcd", 1, 1.0)
    painting = Painting(
        target,
        Finished(shape, Spool.holding(b"\x80" * shape.size_in_bytes), report),
        mask,
        "plain",
        "",
    )
    try:
        placed = place([painting], output)[0]
    except NeuralStyleError as error:
        return {"error": str(error)}
    finally:
        if happening not in ("delete_image", "delete_layer"):
            same = inside.digest(photo) == before
    told = {
        "layers": len(image.get_layers()),
        "photo untouched": same,
        "painted": inside.described(placed),
        "mask as sent": placed.get_mask() is not None
        and inside.read(placed.get_mask(), "Y u8") == mask.cut(target.painted),
    }
    image.delete()
    return told
