"""What the scripts that run inside GIMP share: pictures, calls of the plug-in, what is seen."""

import hashlib
import json
import random

import gi

gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
from gi.repository import Gegl, Gimp, Gio  # noqa: E402

PROCEDURE = "plug-in-neural-style"


def image(width=160, height=120, base="RGB", precision="U8_NON_LINEAR"):
    """An image without layers, unchanged as far as GIMP knows."""
    made = Gimp.Image.new_with_precision(
        width, height, getattr(Gimp.ImageBaseType, base), getattr(Gimp.Precision, precision)
    )
    made.set_resolution(123, 123)
    return made


def layer(image, width=160, height=120, offset=(0, 0), alpha=False, name="photo", seed=1):
    """A layer of soft blobs with some noise; its alpha runs from clear to full if it has one."""
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    kind = ("GRAY" if gray else "RGB") + ("A_IMAGE" if alpha else "_IMAGE")
    made = Gimp.Layer.new(
        image, name, width, height, getattr(Gimp.ImageType, kind), 100, Gimp.LayerMode.NORMAL
    )
    chance = random.Random(seed)
    pixels = bytearray()
    for y in range(height):
        for x in range(width):
            grain = chance.randrange(24)
            checks = 60 * ((x // 25 + y // 25) % 2)
            colour = [x * 170 // width + grain, y * 170 // height + checks, 90 + checks + grain]
            pixels += bytes(colour + ([min(255, x * 300 // width)] if alpha else []))
    format = f"R'G'B'{'A' if alpha else ''} u8"
    write(made, pixels, format)
    made.set_offsets(*offset)
    image.insert_layer(made, None, 0)
    image.clean_all()
    return made


def write(drawable, pixels, format):
    buffer = drawable.get_buffer()
    rectangle = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    buffer.set(rectangle, format, bytes(pixels))
    buffer.flush()
    drawable.update(0, 0, drawable.get_width(), drawable.get_height())


def read(drawable, format, box=None):
    x, y, width, height = box or (0, 0, drawable.get_width(), drawable.get_height())
    rectangle = Gegl.Rectangle.new(x, y, width, height)
    return bytes(drawable.get_buffer().get(rectangle, 1.0, format, Gegl.AbyssPolicy.NONE))


def native(drawable):
    """The pixels as GIMP keeps them, to the last bit."""
    return read(drawable, None)


def digest(drawable):
    return hashlib.sha256(native(drawable)).hexdigest()


def select_ellipse(image, x, y, width, height, feather=12):
    image.select_ellipse(Gimp.ChannelOps.REPLACE, x, y, width, height)
    Gimp.Selection.feather(image, feather)
    image.clean_all()


def paint(
    image,
    drawables,
    style=None,
    run_mode=Gimp.RunMode.NONINTERACTIVE,
    procedure=PROCEDURE,
    **arguments,
):
    """Call the plug-in: its status, its message, the layer it returned."""
    procedure = Gimp.get_pdb().lookup_procedure(procedure)
    config = procedure.create_config()
    config.set_property("run-mode", run_mode)
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables)
    if style is not None:
        config.set_property("style-file", Gio.File.new_for_path(style))
    for name, value in arguments.items():
        config.set_property(name.replace("_", "-"), value)
    result = procedure.run(config)
    status = result.index(0)
    value = result.index(1)
    painted = value if isinstance(value, Gimp.Layer) else None
    return {
        "status": status.value_nick,
        "message": "" if painted or value is None else str(value),
    }, painted


def described(layer):
    """What the tests want to know of a layer."""
    _, x, y = layer.get_offsets()
    parasite = layer.get_parasite(PROCEDURE)
    return {
        "name": layer.get_name(),
        "size": [layer.get_width(), layer.get_height()],
        "offset": [x, y],
        "alpha": layer.has_alpha(),
        "mask": layer.get_mask() is not None,
        "parasite": None if parasite is None else json.loads(bytes(parasite.get_data())),
    }


def state(image):
    """Everything of an image that a failed call must leave alone."""
    return {
        "layers": [[each.get_name(), digest(each)] for each in image.get_layers()],
        "dirty": image.is_dirty(),
        "selected": [each.get_name() for each in image.get_selected_drawables()],
    }
