"""The procedure's arguments, and the settings that they stand for."""

import sys

import inside
from gi.repository import Gimp


def main(plug_in):
    sys.path[:0] = [plug_in, f"{plug_in}/site"]
    from neural_style_gimp.request import procedure_arguments as arguments

    from nst_server.values.errors import NeuralStyleError

    procedure = Gimp.get_pdb().lookup_procedure(inside.PROCEDURE)
    config = procedure.create_config()
    listed = {each.name: each.get_default_value() for each in procedure.get_arguments()}
    config.set_property("preset", "classic")
    config.set_property("brush-size", 2)
    by_script = arguments.settings_of(config, shown=False)
    by_dialog = arguments.settings_of(config, shown=True)
    arguments.follow_preset(config, "standard")
    followed = arguments.settings_of(config, shown=True)
    config = procedure.create_config()
    config.set_property("preset", "classic")
    config.set_property("expert-options", "smoothness=50  --iterations=7 seamless=yes")
    written = arguments.settings_of(config, shown=False)
    arguments.show_settings(config, written)
    shown_again = arguments.settings_of(config, shown=True)
    config.set_property("expert-options", "smoothness")
    try:
        misspelt = arguments.settings_of(config, shown=False).to_wire()
    except NeuralStyleError as error:
        misspelt = str(error)
    plain = {name: each for name, each in listed.items() if isinstance(each, str | int | float)}
    return {
        "names": list(listed),
        "defaults": plain,
        "by script": by_script.to_wire(),
        "by dialog": by_dialog.to_wire(),
        "followed": followed.to_wire(),
        "written": written.to_wire(),
        "shown again": shown_again.to_wire(),
        "misspelt": misspelt,
        "return values": [each.name for each in procedure.get_return_values()],
    }
