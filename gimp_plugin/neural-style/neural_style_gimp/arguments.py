"""The procedure's arguments, made from the one definition of all options."""

from __future__ import annotations

from typing import Any

from neural_style_gimp.editor import Gimp, GObject
from nst_server.settings import PRESETS, Settings, options

STYLE = "style-file"
STYLE_LAYER = "style-drawable"
SECOND_STYLE = "style-file-2"
MIX = "style-mix"
OUTPUT = "output"

OUTPUTS = {
    "new-layer": ("New layer", "Above the layer, masked by the selection"),
    "replace": ("Replace the layer's pixels", "Inside the selection, if there is one"),
    "new-image": ("New image", "The painting alone"),
}

LABELS = {
    "preset": "_Preset",
    "strength": "S_trength",
    "brush-size": "_Brush size",
    "colors": "Colors _from",
    "smoothness": "S_moothness",
    "size": "Size _worked at",
    "seamless": "Se_amless tile",
    "seed": "Ran_dom seed",
    OUTPUT: "O_utput",
    STYLE: "Style p_icture",
    STYLE_LAYER: "Style _layer",
    SECOND_STYLE: "Seco_nd style",
    MIX: "S_hare of it",
}
"""Labels with a key of their own; an option without one is called by its name."""

CHOICES = {
    "draft": "Draft: a quick look",
    "standard": "Standard",
    "fine": "Fine: more strokes, slower",
    "classic": "Classic: the textbook algorithm",
    "style": "The style",
    "content": "The layer",
    "match": "The style, matched to the layer",
}

EDITABLE = GObject.ParamFlags.READWRITE


def visible() -> dict[str, str]:
    """The options that people see: argument name to setting name."""
    return {
        name.replace("_", "-"): name
        for name, (option, _, _) in options().items()
        if not option.expert
    }


def add_arguments(procedure: Any) -> None:
    """Give the procedure its arguments and its return value."""
    _add_file(procedure, STYLE, "The picture in whose style the layer is painted")
    procedure.add_drawable_argument(
        STYLE_LAYER,
        LABELS[STYLE_LAYER],
        "A layer of an open image to take as the style instead of a file",
        True,
        EDITABLE,
    )
    _add_file(procedure, SECOND_STYLE, "A picture whose style is mixed with the first")
    procedure.add_double_argument(
        MIX, LABELS[MIX], "Percentage of the second style, if there is one", 0, 100, 50, EDITABLE
    )
    for argument, name in visible().items():
        _add_option(procedure, argument, name)
    choice = Gimp.Choice.new()
    for number, (nick, (label, help)) in enumerate(OUTPUTS.items()):
        choice.add(nick, number, label, help)
    procedure.add_choice_argument(
        OUTPUT,
        LABELS[OUTPUT],
        "Where the painting goes. The opacity of a new layer is strength after the fact.",
        choice,
        "new-layer",
        EDITABLE,
    )
    procedure.add_layer_return_value("layer", "Layer", "The painted layer", True, EDITABLE)


def _add_file(procedure: Any, name: str, help: str) -> None:
    procedure.add_file_argument(
        name, LABELS[name], help, Gimp.FileChooserAction.ANY, True, None, EDITABLE
    )


def settings_of(config: Any, *, shown: bool) -> Settings:
    """The settings that the arguments stand for.

    If a dialog has shown them, all count. Else an argument at its default leaves the preset's own
    value, so that a script that names just ``classic`` gets what classic is.
    """
    changes = {}
    for argument, name in visible().items():
        value = config.get_property(argument)
        if shown or value != _default(name):
            changes[name] = value
    return Settings.from_wire({"preset": config.get_property("preset"), **changes})


def follow_preset(config: Any, before: str) -> str:
    """Set what was as in the preset ``before`` to what the preset chosen now has; its name.

    What the user has set to something else stays.
    """
    chosen = config.get_property("preset")
    for argument, name in visible().items():
        old, new = (_as_argument(PRESETS[preset], name) for preset in (before, chosen))
        if name != "preset" and config.get_property(argument) == old:
            config.set_property(argument, new)
    return str(chosen)


def show_settings(config: Any, settings: Settings) -> None:
    """Set the arguments to what of ``settings`` people see."""
    for argument, name in visible().items():
        config.set_property(argument, _as_argument(settings, name))


def _as_argument(settings: Settings, name: str) -> Any:
    value = getattr(settings, name)
    return str(value) if options()[name][1] is str else value


def _default(name: str) -> Any:
    return options()[name][2]


def _add_option(procedure: Any, argument: str, name: str) -> None:
    option, kind, default = options()[name]
    label = LABELS.get(argument, name.replace("_", " ").capitalize())
    if option.choices:
        choice = Gimp.Choice.new()
        for number, nick in enumerate(option.choices):
            choice.add(nick, number, CHOICES.get(nick, nick.capitalize()), "")
        procedure.add_choice_argument(argument, label, option.help, choice, default, EDITABLE)
    elif option.words or kind is str:
        procedure.add_string_argument(argument, label, option.help, str(default), EDITABLE)
    elif kind is bool:
        procedure.add_boolean_argument(argument, label, option.help, default, EDITABLE)
    else:
        add = procedure.add_int_argument if kind is int else procedure.add_double_argument
        add(argument, label, option.help, option.minimum, option.maximum, default, EDITABLE)
