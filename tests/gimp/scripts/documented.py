"""What GIMP knows of our procedures: its procedure browser shows this, its menus some of it."""

import inside
from gi.repository import Gimp


def main():
    return {name: told(name) for name in (inside.PROCEDURE, f"{inside.PROCEDURE}-again")}


def told(name):
    procedure = Gimp.get_pdb().lookup_procedure(name)
    return {
        "menu": procedure.get_menu_label(),
        "blurb": procedure.get_blurb(),
        "help": procedure.get_help(),
        "authors": procedure.get_authors(),
        "copyright": procedure.get_copyright(),
        "date": procedure.get_date(),
        "arguments": {each.name: argument(each) for each in procedure.get_arguments()},
        "returns": {each.name: argument(each) for each in procedure.get_return_values()},
    }


def argument(spec):
    known = {"label": spec.get_nick(), "help": spec.get_blurb()}
    for name in ("minimum", "maximum"):
        if hasattr(spec, name):
            known[name] = getattr(spec, name)
    default = spec.get_default_value()
    if isinstance(default, str | int | float):
        known["default"] = default
    return known
