"""A run of the procedure: request, read, paint, place, show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from neural_style_gimp.i18n import _
from neural_style_gimp.image.downscaled import downscaled
from neural_style_gimp.image.gimp import Gimp, tell
from neural_style_gimp.image.pixbufs import pixbuf_of
from neural_style_gimp.image.pixels import Pixels, limit_cache, release
from neural_style_gimp.image.target import Target, refusal
from neural_style_gimp.placing.placing import PaintedTarget, place
from neural_style_gimp.progress.bar import ProgressBar
from neural_style_gimp.progress.painting import cancelled, follow
from neural_style_gimp.request import procedure_arguments as arguments
from neural_style_gimp.request import remembered
from neural_style_gimp.request.request import Request
from neural_style_gimp.request.style_source import load_style
from neural_style_gimp.request.styles import PlacedStyle, on_target
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import Job
from nst_server.wire.events import Finished
from nst_server.wire.order import Order, Raster


@dataclass(frozen=True)
class Call:
    """One call of the procedure, as GIMP makes it."""

    procedure: Any
    run_mode: Any
    image: Any
    drawables: Sequence[Any]
    config: Any
    home: Home
    complete: bool = False
    """True if all arguments count, as if a dialog had shown them."""

    @property
    def with_windows(self) -> bool:
        """True if windows may be opened."""
        return bool(self.run_mode != Gimp.RunMode.NONINTERACTIVE)

    @property
    def remembers(self) -> bool:
        """True if the dialog's request is remembered besides GIMP's own last values."""
        return self.with_windows and not self.complete


def run_again(
    procedure: Any, run_mode: Any, image: Any, drawables: list[Any], config: Any, home: Home
) -> Any:
    """Like `run`, with the arguments of the chosen layer, for the layer it was painted from."""
    layer = remembered.recall(image, drawables, config)
    return _run(Call(procedure, run_mode, image, [layer], config, home, complete=True))


def run(
    procedure: Any, run_mode: Any, image: Any, drawables: list[Any], config: Any, home: Home
) -> Any:
    """Paint each of ``drawables``; return the layer that has the first painting.

    All paintings are one undo step. Raises `NeuralStyleError`, with code ``cancelled`` if the user
    cancelled; the image and its undo stack are then untouched.
    """
    return _run(Call(procedure, run_mode, image, drawables, config, home))


def _run(call: Call) -> Any:
    limit_cache()
    request = _request(call)
    waiting = _read(call, request)
    paintings, problems = _paint(call, request, waiting)
    layers = place(paintings, request.output)
    _show(call, request, layers, problems)
    return layers[0]


# Request


def _request(call: Call) -> Request:
    """Return the request from the arguments or the dialog. Raises `NeuralStyleError`."""
    if not call.drawables:
        raise refusal(_("No layer is chosen."), _("Choose a layer."))
    if call.remembers:
        remembered.restore(call.image, call.config)
    has_dialog = _needs_dialog(call)
    if has_dialog:
        _ask(call)
    request = Request.read(call.config, call.image, shown=call.with_windows or call.complete)
    if has_dialog and call.remembers:
        remembered.keep(request, call.image)
    return request


def _needs_dialog(call: Call) -> bool:
    if call.run_mode == Gimp.RunMode.INTERACTIVE:
        return True
    has_style = arguments.chosen_style(call.config, arguments.FIRST) is not None
    return call.with_windows and not has_style


def _ask(call: Call) -> None:
    from neural_style_gimp.dialog.dialog import ask  # imported only to open a window

    targets = [Target.of(call.image, layer) for layer in call.drawables]
    if not ask(call.procedure, call.config, targets, call.home):
        raise cancelled()


# Read


@dataclass(frozen=True)
class _Reading:
    """A layer as it was when the painting was asked for; its pixels are in files."""

    target: Target
    name: str
    content: Pixels
    mask: Pixels | None
    styles: list[PlacedStyle]
    fingerprint: bytes
    """Fingerprint of the target, if its pixels are to be replaced."""
    thumbnail: Any
    """A pixbuf for the progress window; None without windows."""

    def order(self, request: Request, animation: str) -> Order:
        """Return the order to submit, of a frame if ``animation`` is the name of one."""
        target, mask = self.target, self.mask
        return Job(
            request.settings,
            Raster.of(target.shape, self.content.data),
            tuple(style.job_style for style in self.styles),
            None if mask is None else Raster.of(target.mask_shape, mask.data),
            animation=animation,
        )

    @property
    def style_name(self) -> str:
        """Names of the styles, for the new layer."""
        return _(" and ").join(style.picture.name for style in self.styles)


def _read(call: Call, request: Request) -> list[_Reading]:
    """Read all layers before the first is painted, since the user may change the image then."""
    folder, styles = call.home.run, request.styles
    for layer in call.drawables:
        _target(call.image, layer, request.output)  # before a style takes its time
    first = load_style(styles.first)
    second = None if styles.second is None else load_style(styles.second)
    readings = []
    for layer in _in_order(call, request):
        target = _target(call.image, layer, request.output)
        placed = on_target(styles, first, second, target, folder)
        thumbnail = _thumbnail(target) if call.with_windows else None
        readings.append(_read_layer(target, placed, request.output, folder, thumbnail))
    return readings


def _in_order(call: Call, request: Request) -> list[Any]:
    """Return the layers in the order in which they are painted: frames from the lowest on."""
    if not request.is_animation:
        return list(call.drawables)
    return sorted(call.drawables, key=lambda layer: _place_in(call.image, layer), reverse=True)


def _place_in(image: Any, layer: Any) -> list[int]:
    """Return the positions of a layer and of the groups around it, from the outermost in."""
    around = layer.get_parent()
    outside = [] if around is None else _place_in(image, around)
    return [*outside, image.get_item_position(layer)]


def _read_layer(
    target: Target, styles: list[PlacedStyle], output: str, folder: Path, thumbnail: Any
) -> _Reading:
    """Read the pixels of ``target`` into files in ``folder``."""
    fingerprint = target.fingerprint() if output == "replace" else b""
    content, mask = target.content(folder), target.selection(folder)
    release()
    name = target.layer.get_name()
    return _Reading(target, name, content, mask, styles, fingerprint, thumbnail)


def _target(image: Any, layer: Any, output: str) -> Target:
    """Return the layer as it is now. Raises `NeuralStyleError` if it cannot be painted."""
    target = Target.of(image, layer)
    obstacle = target.obstacle(output)
    if obstacle is not None:
        raise obstacle
    return target


def _thumbnail(target: Target) -> Any:
    from neural_style_gimp.progress.window import PICTURE

    return pixbuf_of(downscaled(target, max(PICTURE)).content)


# Paint


def _paint(
    call: Call, request: Request, readings: Sequence[_Reading]
) -> tuple[list[PaintedTarget], list[tuple[str, NeuralStyleError]]]:
    """Paint layer by layer; return the paintings, and the problems by layer name.

    Raises `NeuralStyleError` if nothing was painted or the user cancelled.
    """
    paint = _in_window(call.home) if call.with_windows else _in_bar(call.home)
    recipe = request.recipe(call.image)
    animation = uuid4().hex if request.is_animation and len(readings) > 1 else ""
    paintings: list[PaintedTarget] = []
    problems: list[tuple[str, NeuralStyleError]] = []
    for reading in readings:
        try:
            finished = paint(reading, reading.order(request, animation))
        except NeuralStyleError as error:  # the other layers are painted nonetheless
            if error.code == "cancelled":
                raise
            problems.append((reading.name, error))
            continue
        paintings.append(
            PaintedTarget(
                reading.target,
                finished,
                reading.mask,
                reading.style_name,
                recipe,
                reading.fingerprint,
            )
        )
    if not paintings:
        raise problems[0][1]
    return paintings, problems


def _in_window(home: Home) -> Callable[[_Reading, Order], Finished]:
    from neural_style_gimp.progress.window import ProgressDialog

    def paint(reading: _Reading, order: Order) -> Finished:
        size = order.content.width, order.content.height
        with ProgressDialog(reading.name, reading.thumbnail, size) as dialog:
            return follow(home, order, dialog)

    return paint


def _in_bar(home: Home) -> Callable[[_Reading, Order], Finished]:
    return lambda _reading, order: follow(home, order, ProgressBar())


# Show


def _show(
    call: Call,
    request: Request,
    layers: Sequence[Any],
    problems: Sequence[tuple[str, NeuralStyleError]],
) -> None:
    """Report layers that were not painted, and show the images that have the paintings."""
    if call.run_mode == Gimp.RunMode.INTERACTIVE and call.remembers:
        remembered.forget()  # GIMP keeps the arguments now
    for name, problem in problems:
        reason = problem.translated(_)
        tell(_("“{layer}” was not painted. {reason}").format(layer=name, reason=reason))
    for layer in layers:
        is_new = layer.get_image() != call.image
        if is_new and (call.with_windows or request.output != "new-image"):
            with suppress(TypeError):  # where there are no windows at all
                Gimp.Display.new(layer.get_image())
    if call.with_windows:
        Gimp.displays_flush()
