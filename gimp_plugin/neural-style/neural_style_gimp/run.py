"""A run of the procedure from its arguments to the painted layer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neural_style_gimp.i18n import _
from neural_style_gimp.image.downscaled import reduced
from neural_style_gimp.image.gimp import Gimp, tell
from neural_style_gimp.image.pixels import Pixels, limit_cache, release
from neural_style_gimp.image.target import Target, refusal
from neural_style_gimp.placing.placing import PaintedTarget, place
from neural_style_gimp.progress.bar import ProgressBar
from neural_style_gimp.progress.painting import cancelled, paint
from neural_style_gimp.request import asked
from neural_style_gimp.request import procedure_arguments as arguments
from neural_style_gimp.request.again import recall
from neural_style_gimp.request.style import load_style
from neural_style_gimp.request.styles import (
    PlacedStyle,
    buffers,
    chosen_styles,
    on_target,
    references,
)
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job


def run_again(
    procedure: Any, run_mode: Any, image: Any, drawables: list[Any], config: Any, home: Home
) -> Any:
    """As `run`, with the arguments of the chosen layer, for the layer that it was painted from."""
    layer = recall(image, drawables, config)
    return run(procedure, run_mode, image, [layer], config, home, complete=True)


def run(
    procedure: Any,
    run_mode: Any,
    image: Any,
    drawables: list[Any],
    config: Any,
    home: Home,
    *,
    complete: bool = False,
) -> Any:
    """Paint each of ``drawables``, and return the layer that has the first painting.

    ``complete`` means that all arguments count, as if a dialog had shown them. All paintings are
    one undo step. Raises `NeuralStyleError`, with code ``cancelled`` if the user cancelled; the
    image and its undo stack are then untouched.
    """
    limit_cache()
    if not drawables:
        raise refusal(_("No layer is chosen."), _("Choose a layer."))
    with_windows = run_mode != Gimp.RunMode.NONINTERACTIVE
    if with_windows and not complete:
        asked.restore(image, config)
    style_missing = arguments.chosen_style(config, arguments.FIRST) is None
    if run_mode == Gimp.RunMode.INTERACTIVE or (with_windows and style_missing):
        from neural_style_gimp.dialog.dialog import ask

        if not ask(procedure, config, [Target.of(image, layer) for layer in drawables], home):
            raise cancelled()
        if not complete:
            asked.keep(image, config)
    output = config.get_property(arguments.OUTPUT)
    settings = arguments.settings_of(config, shown=with_windows or complete)
    styles = chosen_styles(config, image)
    told = styles.to_wire(image)
    for layer in drawables:
        _target(image, layer, output)  # before a style takes its time
    if with_windows:
        from neural_style_gimp.progress.window import PICTURE, ProgressDialog
    first = load_style(styles.first)
    second = None if styles.second is None else load_style(styles.second)

    def painted(before: _Before) -> PaintedTarget:
        target, mask, placed = before.target, before.mask, before.styles
        named = references(placed, target.mask_shape)
        job = Job(settings, target.shape, named, None if mask is None else target.mask_shape)
        pixels: list[Any] = [before.content.data, *([] if mask is None else [mask.data])]
        pixels += buffers(placed)
        name = _(" and ").join(style.picture.name for style in placed)
        if with_windows:
            size = target.context.width, target.context.height
            with ProgressDialog(before.name, before.picture, size) as dialog:
                finished = paint(home, job, pixels, dialog)
        else:
            finished = paint(home, job, pixels, ProgressBar())
        return PaintedTarget(target, finished, mask, name, told, before.fingerprint)

    # All of them are read before the first is painted: the user may go on with the image then.
    waiting = []
    for layer in drawables:
        target = _target(image, layer, output)
        placed = on_target(styles, first, second, target, home.run)
        picture = reduced(target, max(PICTURE)).picture if with_windows else None
        waiting.append(_Before.of(target, placed, output, home.run, picture))
    paintings, problems = [], []
    for before in waiting:
        try:
            paintings.append(painted(before))
        except NeuralStyleError as error:  # what became of one is no harm to the others
            if error.code == "cancelled":
                raise
            problems.append((before.name, error))
    if not paintings:
        raise problems[0][1]
    layers = place(paintings, output)
    if run_mode == Gimp.RunMode.INTERACTIVE and not complete:  # then GIMP keeps the arguments
        asked.forget()
    for called, problem in problems:
        reason = problem.translated(_)
        tell(_("“{layer}” was not painted. {reason}").format(layer=called, reason=reason))
    for layer in layers:
        if layer.get_image() != image and (with_windows or output != "new-image"):
            with suppress(TypeError):  # where there are no windows at all
                Gimp.Display.new(layer.get_image())
    if with_windows:
        Gimp.displays_flush()
    return layers[0]


@dataclass(frozen=True)
class _Before:
    """A layer as it was when the painting was asked for; its pixels are in files."""

    target: Target
    name: str
    content: Pixels
    mask: Pixels | None
    styles: list[PlacedStyle]
    fingerprint: bytes
    picture: Any
    """A small one to be shown, a pixbuf."""

    @classmethod
    def of(
        cls, target: Target, styles: list[PlacedStyle], output: str, folder: Path, picture: Any
    ) -> _Before:
        """Read what travels of ``target`` into files in ``folder``."""
        fingerprint = target.fingerprint() if output == "replace" else b""
        content, mask = target.content(folder), target.selection(folder)
        release()
        return cls(target, target.layer.get_name(), content, mask, styles, fingerprint, picture)


def _target(image: Any, layer: Any, output: str) -> Target:
    """The layer as it is now. Raises `NeuralStyleError` if it cannot be painted."""
    target = Target.of(image, layer)
    obstacle = target.obstacle(output)
    if obstacle is not None:
        raise obstacle
    return target
