"""Open the plug-in's dialog on the image in the window; what came of it in the end."""

from pathlib import Path

import inside
from gi.repository import Gimp


def main(style=None, **arguments):
    image = Gimp.get_images()[0]
    forget(image)
    result, _ = inside.paint(
        image, image.get_selected_layers(), style, run_mode=Gimp.RunMode.INTERACTIVE, **arguments
    )
    Gimp.displays_flush()
    return result


def forget(image):
    """What was painted with last, which would count for more than the arguments of a call."""
    stored = f"GimpProcedureConfigRun-{inside.PROCEDURE}"
    (Path(Gimp.directory()) / "plug-in-settings" / f"{stored}.last").unlink(missing_ok=True)
    if image.get_parasite(f"{stored}-last"):
        image.detach_parasite(f"{stored}-last")
    if Gimp.get_parasite(f"{inside.PROCEDURE}-asked"):
        Gimp.detach_parasite(f"{inside.PROCEDURE}-asked")
