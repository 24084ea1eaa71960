"""Every option of a painting, defined once: name, type, default, range, unit and help.

The flags of ``nst``, the message on the wire, the arguments of GIMP's procedure and the table in
the README are made from `Settings`, or checked against it by a test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from nst_server.values.errors import NeuralStyleError

Preset = Literal["draft", "standard", "fine", "classic"]
Colors = Literal["style", "content", "match"]
Init = Literal["content", "noise", "picture"]
OptimizerName = Literal["lbfgs", "adam"]
Pooling = Literal["mixed", "max", "average"]
StyleLossName = Literal["wasserstein", "gram"]
Formulation = Literal["relative", "notebook"]
Backbone = Literal["auto", "vgg19", "vgg16"]
Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class Option:
    """One field of `Settings`, described for flags, arguments and tables."""

    name: str
    kind: type
    """``bool``, ``int``, ``float`` or ``str``: the type of the default."""
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    """Allowed values; empty for numbers, switches and free text."""
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    expert: bool = False
    words: tuple[str, ...] = ()
    """Words allowed in place of a number."""
    whole: bool = False
    """True if a number must be an integer."""


def _option(default: Any, help: str, **facts: Any) -> Any:
    """Make a field of `Settings` with the facts that its type annotation does not tell."""
    return field(default=default, metadata={"help": help, **facts})


@dataclass(frozen=True)
class Settings:
    """All options of a painting; a value, the same for command line, wire and GIMP."""

    preset: Preset = _option(
        "standard",
        "How much work is done: draft in seconds, standard, fine, or classic, which is the "
        "algorithm of the TensorFlow notebook unchanged.",
        choices=get_args(Preset),
    )
    strength: float = _option(
        50.0,
        "How far the picture follows the style; 0 leaves it as it is.",
        minimum=0,
        maximum=100,
    )
    brush_size: float = _option(
        1.0,
        "Size of the brush strokes; 1 is as in the style picture.",
        minimum=0.25,
        maximum=4,
    )
    colors: Colors = _option(
        "style",
        "Where the colors come from: the style, the content, or the style matched to the "
        "content's palette.",
        choices=get_args(Colors),
    )
    smoothness: float = _option(
        50.0,
        "How much fine grain is smoothed away.",
        minimum=0,
        maximum=100,
    )
    size: int | str = _option(
        "auto",
        "Longest side painted at; auto takes the largest that fits the time limit, full the "
        "picture's own.",
        minimum=64,
        maximum=16384,
        unit="pixels",
        words=("auto", "full"),
    )
    seamless: bool = _option(
        False,
        "Makes a result that tiles: its right side continues on its left, its bottom on its top.",
    )
    time_limit: float = _option(
        180.0,
        "Time that an automatic size may take.",
        minimum=1,
        maximum=86400,
        unit="seconds",
        expert=True,
    )
    seed: int = _option(
        0,
        "Seed of the random numbers; the same seed gives the same picture.",
        minimum=0,
        maximum=2**31 - 1,
    )
    iterations: int = _option(
        30,
        "Most iterations at the finest scale below 1024 pixels; every coarser scale gets half "
        "as many more, every larger one half as many. A scale ends sooner if nothing would "
        "change visibly any more.",
        minimum=1,
        maximum=10000,
        expert=True,
    )
    coarsest: int = _option(
        256,
        "Longest side of the coarsest scale for a brush size of 1; larger strokes begin with a "
        "smaller one. At most seven tenths of the picture's; 0 works at one scale only.",
        minimum=0,
        maximum=4096,
        unit="pixels",
        expert=True,
    )
    init: Init = _option(
        "content",
        "What the painting starts from: the content, noise, or a picture, which a shell names "
        "by its file.",
        choices=get_args(Init),
        expert=True,
    )
    optimizer: OptimizerName = _option(
        "lbfgs",
        "The optimizer: L-BFGS, or Adam with the average of its iterates, which needs about "
        "twice the work.",
        choices=get_args(OptimizerName),
        expert=True,
    )
    content_weight: float = _option(
        1.0,
        "Weight of the content; 0 makes a texture of the style alone.",
        minimum=0,
        maximum=1000,
        expert=True,
    )
    style_layers: str = _option(
        "",
        "Layers whose statistics are the style, with weights: block1_conv1:2,block2_conv1:1. "
        "Empty takes the preset's.",
        expert=True,
    )
    content_layers: str = _option(
        "",
        "Layers whose features are the content, with weights. Empty takes the preset's.",
        expert=True,
    )
    pooling: Pooling = _option(
        "mixed",
        "How the network shrinks its feature maps: max, as it was trained, keeps faces and "
        "windows readable but leaves a fine mesh, average gives smoother strokes, mixed averages "
        "the two finest maps only.",
        choices=get_args(Pooling),
        expert=True,
    )
    style_loss: StyleLossName = _option(
        "wasserstein",
        "How styles are compared: the Wasserstein distance of their feature maps, or their Gram "
        "matrices as in the first paper.",
        choices=get_args(StyleLossName),
        expert=True,
    )
    formulation: Formulation = _option(
        "relative",
        "How losses are scaled and borders treated: relative divides each loss by what it is "
        "compared with and paints beyond the borders, notebook does as the TensorFlow notebook.",
        choices=get_args(Formulation),
        expert=True,
    )
    backbone: Backbone = _option(
        "auto",
        "The pretrained network; auto takes vgg19 where its weights are installed, else vgg16.",
        choices=get_args(Backbone),
        expert=True,
    )
    precision: Precision = _option(
        "auto",
        "Number format of the network; auto takes bfloat16 where the processor is made for it.",
        choices=get_args(Precision),
        expert=True,
    )
    tile: int | str = _option(
        "auto",
        "Longest side of the tiles of a large picture; auto chooses by the free memory, none "
        "paints in one piece. The result is the same.",
        minimum=64,
        maximum=16384,
        unit="pixels",
        words=("auto", "none"),
        expert=True,
    )

    def __post_init__(self) -> None:
        for option in OPTIONS.values():
            object.__setattr__(self, option.name, _checked(option, getattr(self, option.name)))

    @property
    def changes_nothing(self) -> bool:
        """True if the result is the content itself, sample for sample: a strength of 0."""
        return self.strength == 0

    @classmethod
    def of_preset(cls, preset: str, /, **changes: Any) -> Settings:
        """Return the settings of ``preset`` with ``changes`` on top.

        Raises `NeuralStyleError` ``bad-settings`` for an unknown preset, name or value.
        """
        if preset not in PRESETS:
            raise _bad(
                "There is no preset {value}.",
                "Take one of {choices}.",
                value=repr(preset),
                choices=", ".join(PRESETS),
            )
        unknown = set(changes) - set(OPTIONS)
        if unknown:
            raise _bad("There is no setting {name}.", name=repr(sorted(unknown)[0]))
        return replace(PRESETS[preset], **{**changes, "preset": preset})

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object that travels and is kept with a result."""
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: Any) -> Settings:
        """Return settings from a JSON object, every value checked; a missing one is the preset's.

        Raises `NeuralStyleError` ``bad-settings``.
        """
        if not isinstance(wire, Mapping):
            raise _bad("The settings are not a JSON object.")
        changes = {str(name): value for name, value in wire.items() if name != "preset"}
        return cls.of_preset(str(wire.get("preset", "standard")), **changes)


def _options() -> dict[str, Option]:
    options = {}
    for entry in fields(Settings):
        assert entry.default is not MISSING
        options[entry.name] = Option(
            name=entry.name,
            kind=type(entry.default),
            default=entry.default,
            whole=str(entry.type).startswith("int"),
            **entry.metadata,
        )
    return options


OPTIONS: dict[str, Option] = _options()
"""Every option by name, in the order of the fields."""

_LONGEST_TEXT = 1000


def _bad(sentence: str, hint: str = "", **values: object) -> NeuralStyleError:
    return NeuralStyleError("bad-settings", sentence, hint, **values)


def _no_value(name: str, value: Any, hint: str, **values: object) -> NeuralStyleError:
    return _bad("{value} is not allowed for {name}.", hint, name=name, value=repr(value), **values)


def _checked(option: Option, value: Any) -> Any:
    """Return ``value`` in the option's type and range. Raises ``bad-settings`` with the limits."""
    name = option.name.replace("_", " ")
    if option.choices:
        if value not in option.choices:
            choices = ", ".join(option.choices)
            raise _no_value(name, value, "Take one of {choices}.", choices=choices)
        return value
    if option.kind is bool:
        if not isinstance(value, bool):
            raise _no_value(name, value, "It is true or false.")
        return value
    if option.minimum is None or option.maximum is None:
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise _no_value(name, value, "It is a short text.")
        return value
    if value in option.words:
        return value
    number = _number(value)
    in_range = math.isfinite(number) and option.minimum <= number <= option.maximum
    if not in_range or (option.whole and number != int(number)):
        limits = {"least": f"{option.minimum:g}", "most": f"{option.maximum:g}"}
        if not option.words:
            raise _no_value(name, value, "It is a number from {least} to {most}.", **limits)
        first_word, second_word = option.words
        limits |= {"one": first_word, "other": second_word}
        raise _no_value(
            name, value, "It is a number from {least} to {most}, {one} or {other}.", **limits
        )
    return int(number) if option.whole else number


def _number(value: Any) -> float:
    """Return ``value`` as a number; NaN if it is none."""
    if isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


PRESETS: dict[str, Settings] = {
    "draft": Settings(preset="draft", iterations=8, time_limit=10),
    "standard": Settings(preset="standard"),
    "fine": Settings(preset="fine", iterations=80, time_limit=600),
    "classic": Settings(
        preset="classic",
        smoothness=0,
        size=512,
        iterations=1000,
        coarsest=0,
        optimizer="adam",
        pooling="max",
        style_loss="gram",
        formulation="notebook",
        precision="float32",
    ),
}
"""The presets, each a complete `Settings`."""
