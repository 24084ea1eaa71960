"""The procedure's arguments, made from the single definition of all options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neural_style_gimp.i18n import N_, _
from neural_style_gimp.image.gimp import Gimp, GObject
from neural_style_gimp.request.style_source import FileStyle, LayerStyle, PatternStyle, StyleSource
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import OPTIONS, PRESETS, Option, Settings


@dataclass(frozen=True)
class StyleArguments:
    """The arguments that name one style; the layer counts before the pattern, then the file."""

    file: str
    layer: str
    pattern: str

    @property
    def names(self) -> tuple[str, str, str]:
        """All three names."""
        return self.file, self.layer, self.pattern


FIRST = StyleArguments("style-file", "style-drawable", "style-pattern")
SECOND = StyleArguments("style-file-2", "style-drawable-2", "style-pattern-2")
MIX = "style-mix"
CHANNEL = "style-channel"
ANIMATION = "animation"
OUTPUT = "output"
EXPERT_OPTIONS = "expert-options"

OUTPUTS = {
    "new-layer": (N_("New layer"), N_("Above the layer, masked by the selection")),
    "replace": (N_("Replace the layer's pixels"), N_("Inside the selection, if there is one")),
    "new-image": (N_("New image"), N_("The painting alone")),
}

LABELS = {
    "preset": N_("_Preset"),
    "strength": N_("S_trength"),
    "brush-size": N_("_Brush size"),
    "colors": N_("Colors _from"),
    "smoothness": N_("S_moothness"),
    "size": N_("Si_ze worked at"),
    "seamless": N_("Se_amless tile"),
    "seed": N_("Ran_dom seed"),
    OUTPUT: N_("O_utput"),
    MIX: N_("Mi_x"),
    ANIMATION: N_("Animation: the layers are a se_quence of frames"),
    EXPERT_OPTIONS: N_("Ad_vanced options"),
}
"""Labels, each with its own access key."""

CHOICES = {
    "draft": N_("Draft: a quick look"),
    "standard": N_("Standard"),
    "fine": N_("Fine: more strokes, slower"),
    "classic": N_("Classic: the textbook algorithm"),
    "style": N_("The style"),
    "content": N_("The layer"),
    "match": N_("The style, matched to the layer"),
}

EDITABLE = GObject.ParamFlags.READWRITE


def visible() -> dict[str, str]:
    """Return the options that people see: argument name to setting name."""
    return {name.replace("_", "-"): name for name, option in OPTIONS.items() if not option.expert}


def add_arguments(procedure: Any) -> None:
    """Give the procedure its arguments and its return value."""
    _add_style(
        procedure,
        FIRST,
        (_("Style picture"), _("The picture in whose style the layer is painted")),
        (_("Style layer"), _("A layer of an open image to take as the style instead of a file")),
        (_("Style pattern"), _("A pattern to take as the style instead of a file")),
    )
    _add_style(
        procedure,
        SECOND,
        (_("Second style picture"), _("A picture whose style is painted beside the first")),
        (_("Second style layer"), _("A layer of an open image to take as the second style")),
        (_("Second style pattern"), _("A pattern to take as the second style")),
    )
    procedure.add_double_argument(
        MIX,
        _(LABELS[MIX]),
        _("Percentage of the second style where two are mixed"),
        0,
        100,
        50,
        EDITABLE,
    )
    procedure.add_channel_argument(
        CHANNEL,
        _("Region of the second style"),
        _(
            "A saved channel of the image: inside it the second style is painted, outside the "
            "first. Without one they are mixed."
        ),
        True,
        EDITABLE,
    )
    procedure.add_boolean_argument(
        ANIMATION,
        _(LABELS[ANIMATION]),
        _(
            "Of several layers each begins with the painting of the one below it, so that what "
            "does not change keeps its strokes."
        ),
        False,
        EDITABLE,
    )
    for argument, name in visible().items():
        _add_option(procedure, argument, OPTIONS[name])
    procedure.add_string_argument(
        EXPERT_OPTIONS,
        _(LABELS[EXPERT_OPTIONS]),
        _(
            "Options of the nst command, for example: iterations=200 optimizer=adam. They "
            "override the other arguments."
        ),
        "",
        EDITABLE,
    )
    choice = Gimp.Choice.new()
    for number, (nick, (label, help)) in enumerate(OUTPUTS.items()):
        choice.add(nick, number, _(label), _(help))
    procedure.add_choice_argument(
        OUTPUT,
        _(LABELS[OUTPUT]),
        _("Where the painting goes. Lower a new layer's opacity later to weaken the style."),
        choice,
        "new-layer",
        EDITABLE,
    )
    procedure.add_layer_return_value("layer", _("Layer"), _("The painted layer"), True, EDITABLE)


def _add_style(
    procedure: Any,
    style_arguments: StyleArguments,
    file: tuple[str, str],
    layer: tuple[str, str],
    pattern: tuple[str, str],
) -> None:
    """Add the arguments of a style, each with its label and its help."""
    any_file = Gimp.FileChooserAction.ANY
    procedure.add_file_argument(style_arguments.file, *file, any_file, True, None, EDITABLE)
    procedure.add_drawable_argument(style_arguments.layer, *layer, True, EDITABLE)
    procedure.add_pattern_argument(style_arguments.pattern, *pattern, True, None, False, EDITABLE)


def chosen_style(config: Any, style_arguments: StyleArguments) -> StyleSource | None:
    """Return the style that the arguments of ``style_arguments`` name; None if they name none."""
    file, layer, pattern = (config.get_property(name) for name in style_arguments.names)
    if layer is not None:
        return LayerStyle(layer)
    if pattern is not None:
        return PatternStyle(pattern)
    return None if file is None else FileStyle(file)


def choose_style(config: Any, style_arguments: StyleArguments, style: StyleSource | None) -> None:
    """Let the arguments of ``style_arguments`` name ``style`` and nothing else."""
    with config.freeze_notify():
        config.set_property(
            style_arguments.file, style.file if isinstance(style, FileStyle) else None
        )
        config.set_property(
            style_arguments.layer, style.layer if isinstance(style, LayerStyle) else None
        )
        config.set_property(
            style_arguments.pattern, style.pattern if isinstance(style, PatternStyle) else None
        )


def settings_of(config: Any, *, shown: bool) -> Settings:
    """Return the settings that the arguments stand for.

    If a dialog has shown them (``shown``), all count. Otherwise an argument at its default leaves
    the preset's own value, so that a script that names only ``classic`` gets all of classic. A
    script that wants the default nevertheless names it in ``expert-options``, which takes
    precedence over all. Raises `NeuralStyleError`.
    """
    changes = {}
    for argument, name in visible().items():
        value = config.get_property(argument)
        if shown or value != OPTIONS[name].default:
            changes[name] = value
    changes |= _written(config.get_property(EXPERT_OPTIONS) or "")
    settings = Settings.from_wire({"preset": config.get_property("preset"), **changes})
    if settings.init == "picture":
        raise NeuralStyleError(
            "bad-settings",
            _("A painting in GIMP starts from the layer, or from noise."),
            _("Take init=content or init=noise."),
        )
    return settings


def follow_preset(config: Any, before: str) -> str:
    """Move arguments from the values of preset ``before`` to those of the chosen preset.

    Arguments that the user has set to other values stay. Return the chosen preset's name.
    """
    chosen = config.get_property("preset")
    for argument, name in visible().items():
        old, new = (_as_argument(PRESETS[preset], name) for preset in (before, chosen))
        if name != "preset" and config.get_property(argument) == old:
            config.set_property(argument, new)
    return str(chosen)


def show_settings(config: Any, settings: Settings) -> None:
    """Set the arguments to ``settings``; those that people do not see become expert options."""
    for argument, name in visible().items():
        config.set_property(argument, _as_argument(settings, name))
    of_preset = PRESETS[settings.preset]
    others = {
        name: value
        for name, value in settings.to_wire().items()
        if OPTIONS[name].expert and value != getattr(of_preset, name)
    }
    config.set_property(
        EXPERT_OPTIONS, " ".join(f"{name}={value}" for name, value in others.items())
    )


def _written(text: str) -> dict[str, Any]:
    """Return settings from words like ``iterations=200``; their values are checked later."""
    changes: dict[str, Any] = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if not equals:
            raise NeuralStyleError(
                "bad-settings",
                "“{word}” is not understood.",
                "Write options like this: iterations=200 optimizer=adam.",
                word=word,
            )
        name = name.lstrip("-").replace("-", "_")
        option = OPTIONS.get(name)
        truth = {"yes": True, "no": False} if option and option.kind is bool else {}
        changes[name] = truth.get(value, value)
    return changes


def _as_argument(settings: Settings, name: str) -> Any:
    value = getattr(settings, name)
    return str(value) if OPTIONS[name].kind is str else value


def _add_option(procedure: Any, argument: str, option: Option) -> None:
    label, help = _(LABELS[argument]), _(option.help)
    if option.choices:
        choice = Gimp.Choice.new()
        for number, nick in enumerate(option.choices):
            choice.add(nick, number, _(CHOICES[nick]), "")
        procedure.add_choice_argument(argument, label, help, choice, option.default, EDITABLE)
    elif option.words or option.kind is str:
        procedure.add_string_argument(argument, label, help, str(option.default), EDITABLE)
    elif option.kind is bool:
        procedure.add_boolean_argument(argument, label, help, option.default, EDITABLE)
    else:
        whole = option.kind is int
        add = procedure.add_int_argument if whole else procedure.add_double_argument
        limits = option.minimum, option.maximum
        add(argument, label, help, *limits, option.default, EDITABLE)
