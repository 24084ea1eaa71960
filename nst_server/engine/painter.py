"""The painter: a content, styles and settings become a stream of iterates."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nst_server.engine.canvas.canvas import Canvas, View
from nst_server.engine.canvas.color import matched_palette
from nst_server.engine.canvas.detail import detail
from nst_server.engine.canvas.margin import between, with_margin, without_margin
from nst_server.engine.canvas.picture import (
    Array,
    Picture,
    Style,
    WeighedStyle,
    fill_transparent,
    resize,
    shrink_weight,
)
from nst_server.engine.canvas.strips import cut
from nst_server.engine.method import Method, MethodKey, Optimizer
from nst_server.engine.objective.memory_fallback import ScaleObjective
from nst_server.engine.objective.tiling import (
    MINIMUM_SIDE,
    Tiling,
    deep_side,
    keeps_by_memory,
    side_by_memory,
)
from nst_server.engine.objective.whole import TERMS
from nst_server.engine.planning import schedule
from nst_server.engine.planning.clock import Clock
from nst_server.engine.planning.device import Device
from nst_server.host import weight_files as weights_files
from nst_server.values.errors import NeuralStyleError
from nst_server.values.geometry import MINIMUM_CONTENT_SIDE
from nst_server.values.progress import Estimate, Progress
from nst_server.values.settings import Settings

__all__ = ["Iterate", "Painter", "Picture", "Plan", "Style"]

_MEASURED_SIDE = {"CPU": 256, "GPU": 1024}
"""Size of the steps that tell a device's speed: enough work to keep it busy."""


@dataclass(frozen=True)
class Plan:
    """What will be done before it is: network, number format and size."""

    backbone: str
    precision: str
    width: int
    height: int


@dataclass(frozen=True)
class Iterate:
    """One step of a painting; its pixels are computed only when they are asked for.

    They are those of the last step that was made: ask before the next iterate.
    """

    progress: Progress
    canvas: Canvas | Picture = field(repr=False)
    """A picture is its own result, as it is."""
    painting: Callable[[], tf.Tensor] = field(repr=False)
    """1 × height × width × 3 at the size worked at now."""

    def preview(self, longest: int) -> npt.NDArray[np.uint8]:
        """The painting so far as height × width × 3, uint8, at most ``longest`` a side."""
        if isinstance(self.canvas, Picture):
            step = -(-max(self.canvas.size) // longest)
            return np.rint(self.canvas.rgb[::step, ::step] * 255).astype(np.uint8)
        return self.canvas.preview(self.painting(), longest)

    def result(self) -> Array:
        """The painting at the content's own size, height × width × 3, float32 in [0, 1]."""
        if isinstance(self.canvas, Picture):
            return self.canvas.rgb
        return self.canvas.finished(self.painting())


@dataclass(frozen=True)
class _Placed:
    """A style with the number of the region where it is painted."""

    picture: Picture
    weight: float
    region: int


class Painter:
    """Paints on the device that TensorFlow finds; keeps what it has traced for the next job."""

    def __init__(self, weights: Path) -> None:
        """``weights`` is the folder where fetched weights lie. Nothing is loaded yet."""
        self._weights = weights
        self._method = lru_cache(maxsize=4)(self._build)
        self._speed = lru_cache(maxsize=None)(self._measure)

    @cached_property
    def _device(self) -> Device:
        return Device.detect()

    @property
    def device(self) -> str:
        """The processor that is really used, for people."""
        return self._device.name

    def plan(self, settings: Settings, width: int, height: int) -> Plan:
        """What painting a content of that size will be.

        Raises `NeuralStyleError` ``weights-missing``.
        """
        backbone, _ = weights_files.find(settings.backbone, self._weights)
        precision = self._device.precision(settings.precision)
        affordable = math.inf
        if settings.size == "auto":  # measured only where it matters: that takes half a second
            speed = self._speed(MethodKey.of(settings, backbone, precision))
            affordable = speed * settings.time_limit
        size = schedule.working_size(width, height, settings, affordable)
        return Plan(backbone, precision, *size)

    def estimate(self, settings: Settings, width: int, height: int) -> Estimate:
        """What `plan` says, and how long it would take; measures the speed once.

        Raises as `plan`.
        """
        plan = self.plan(settings, width, height)
        speed = self._speed(MethodKey.of(settings, plan.backbone, plan.precision))
        seconds = schedule.work(plan.width, plan.height, settings) / speed
        return Estimate(plan.width, plan.height, seconds)

    def stylize(
        self,
        content: Picture,
        styles: Sequence[Style],
        settings: Settings,
        mask: Array | None = None,
        plan: Plan | None = None,
        init: Picture | None = None,
    ) -> Iterator[Iterate]:
        """Every iterate from the first step of the coarsest scale to the last of the finest.

        A scale ends before its last iteration where it would change no more visibly.

        ``mask`` (height × width, [0, 1]) is what may change; what is seen through it is what is
        optimised. ``init`` is what to start from where the settings say so.
        The last iterate is the result; the caller may stop at any, and should let go of the
        pictures, of which the painter keeps what it needs. Raises
        `NeuralStyleError` ``bad-image``, ``out-of-memory`` or ``weights-missing``.
        """
        started = time.monotonic()
        styles = [style for style in styles if style.weight > 0]
        plan = plan or self.plan(settings, *content.size)
        _check(content, styles, mask)
        if settings.changes_nothing:
            yield _untouched(content, started)
            return
        regions, placed = _regions(styles, (mask, content.alpha))
        if settings.colors == "match":
            placed = [replace(style, picture=_matched(style.picture, content)) for style in placed]
        canvas = Canvas.of(content, mask, settings.colors, regions, settings.seamless)
        del content, mask, styles  # the canvas and the placed styles have what is needed of them
        method = self._method(
            MethodKey.of(settings, plan.backbone, plan.precision, max(1, len(regions)))
        )
        optimizer = method.optimizer(settings)
        weights = method.weights(settings)
        scales = schedule.scales(plan.width, plan.height, settings)
        clock = Clock(scales, started)
        state: Any = None
        try:
            for number, scale in enumerate(scales, start=1):
                view = canvas.view(scale.width, scale.height).with_margin(scale)
                shown = _scaled(placed, scale, settings)
                if state is None:
                    state = optimizer.start(_initial(view, settings, init, scale))
                    init = None  # a large picture should not be in memory until the end
                else:
                    coarser = scales[number - 2]
                    resized = between(coarser, scale)
                    picture = resized(optimizer.result(state))
                    if settings.init != "noise":
                        picture += detail(view.content, shown, coarser.width / scale.width)
                    optimizer.resize(state, tf.clip_by_value(picture, 0.0, 1.0), resized)
                    del picture  # it is in the state, and not to stay longer than there
                objective = self._at_scale(method, view, shown, settings, plan)
                totals: list[float] = []
                for iteration in range(1, scale.iterations + 1):
                    losses = _improve(state, optimizer, objective, view, weights)
                    totals.append(sum(losses.values()))
                    progress = clock.progress(number, iteration, totals[-1], losses)
                    yield Iterate(progress, canvas, partial(_painting, optimizer, state, scale))
                    if method.may_settle and schedule.has_settled(totals):
                        break
                del objective, view, shown  # before those of the next scale are made
        except tf.errors.ResourceExhaustedError as error:
            raise NeuralStyleError(
                "out-of-memory",
                "There is not enough memory to paint at {width}×{height} pixels.",
                "Choose a smaller size.",
                width=plan.width,
                height=plan.height,
            ) from error

    def _at_scale(
        self,
        method: Method,
        view: View,
        styles: Sequence[WeighedStyle],
        settings: Settings,
        plan: Plan,
    ) -> ScaleObjective:
        """The objective for pictures of the view's size, in as large pieces as memory allows."""
        height, width = view.content.shape[1:3]
        first, *others = method.objective.stages
        free = self._device.free_memory()
        side: int | None = None
        if settings.tile == "auto":
            # With larger strokes a style is looked at larger than the content.
            shown = [(width, height), *((s.picture.shape[2], s.picture.shape[1]) for s in styles)]
            largest = max(shown, key=math.prod)
            pixel_bytes = self._device.pixel_bytes(plan.precision)
            side = side_by_memory(*largest, plan.precision, pixel_bytes, first.halo, free)
        elif settings.tile != "none":
            side = max(MINIMUM_SIDE, int(settings.tile) - 2 * first.halo)
        if side is None and settings.seamless:
            side = max(width, height)
        tiling: Tiling | None = None
        if side is not None:
            deep = (deep_side(stage.shrinkage) for stage in others)
            kept_bytes = sum(stage.kept_bytes for stage in (first, *others))
            keeps = keeps_by_memory(width, height, kept_bytes, free)
            tiling = Tiling((side, *deep), keeps, settings.seamless)
        return ScaleObjective(
            method.objective, view.content, styles, view.importance, tiling=tiling
        )

    def _build(self, choice: MethodKey) -> Method:
        return Method.build(choice, weights_files.find(choice.backbone, self._weights)[1])

    def _measure(self, choice: MethodKey) -> float:
        """Megapixel iterations a second, from a few steps on noise."""
        method = self._method(choice)
        side = _MEASURED_SIDE["GPU" if self._device.is_gpu else "CPU"]
        noise = tf.random.stateless_uniform([1, side, side, 3], seed=(0, 0))
        style = WeighedStyle(noise, None, 1.0)
        targets = method.objective.targets(noise, [style], None)
        weights = tf.ones([len(TERMS)])
        seconds = []
        for _ in range(4):
            before = time.monotonic()
            method.objective.gradient(noise, targets, weights)[0].numpy()
            seconds.append(time.monotonic() - before)
        return side * side / 1e6 / min(seconds)


def _check(content: Picture, styles: Sequence[Style], mask: Array | None) -> None:
    width, height = content.size
    if min(width, height) < MINIMUM_CONTENT_SIDE:
        raise NeuralStyleError(
            "bad-image",
            "A picture of {width}×{height} pixels is too small to be painted.",
            "Each side needs at least {least} pixels.",
            width=width,
            height=height,
            least=MINIMUM_CONTENT_SIDE,
        )
    if mask is not None and float(mask.max(initial=0.0)) <= 0.0:
        raise NeuralStyleError(
            "bad-image",
            "The selection is empty, so there is nothing to paint.",
            "Select something.",
        )
    if mask is not None and content.alpha is not None and not (mask * content.alpha).any():
        raise NeuralStyleError(
            "bad-image",
            "What is selected is transparent everywhere, so there is nothing to paint.",
            "Select something else.",
        )
    for picture in (content, *(style.picture for style in styles)):
        if not np.isfinite(picture.rgb).all():
            raise NeuralStyleError("bad-image", "The picture has values that are not numbers.")
        if picture.alpha is not None and float(picture.alpha.max(initial=0.0)) <= 0.0:
            raise NeuralStyleError("bad-image", "The picture is transparent everywhere.")


def _improve(
    state: Any, optimizer: Optimizer, objective: ScaleObjective, view: View, weights: tf.Tensor
) -> dict[str, float]:
    """One step of the optimiser; the terms of the loss before it."""
    terms, gradient = objective.gradient(view.seen(state.picture), weights)
    if view.mask is not None:
        masks = cut(view.mask)
        gradient = [slope * mask for slope, mask in zip(gradient, masks, strict=True)]
    losses = dict(zip(TERMS, map(float, terms.numpy()), strict=True))
    loss = sum(losses.values())
    if not math.isfinite(loss):
        raise NeuralStyleError(
            "internal",
            "The optimisation left the range of numbers.",
            "Choose the precision float32 or less strength.",
        )
    optimizer.step(state, gradient, loss)
    return losses


def _painting(optimizer: Optimizer, state: Any, scale: schedule.Scale) -> tf.Tensor:
    return without_margin(optimizer.result(state), scale)


def _untouched(content: Picture, started: float) -> Iterate:
    """The only iterate of a job without strength: the content as it is."""
    seconds = time.monotonic() - started
    progress = Progress.untouched(*content.size, seconds)
    return Iterate(progress, content, lambda: tf.convert_to_tensor(content.rgb)[tf.newaxis])


def _initial(
    view: View, settings: Settings, init: Picture | None, scale: schedule.Scale
) -> tf.Tensor:
    if settings.init == "picture" and init is not None:
        return with_margin(resize(fill_transparent(init), scale.width, scale.height), scale)
    if settings.init != "noise" and not _is_flat(view.content):
        return view.content
    # Of light alone: fine colour is moved little (`smoothing`), and would stay as it is.
    noise = tf.random.stateless_normal([*view.content.shape[:-1], 1], seed=(settings.seed, 0))
    return tf.clip_by_value(tf.reduce_mean(view.content, [1, 2], keepdims=True) + 0.2 * noise, 0, 1)


def _is_flat(content: tf.Tensor) -> bool:
    """Whether a picture is of one color: from there no direction leads to any stroke."""
    spread = tf.reduce_max(content, [1, 2]) - tf.reduce_min(content, [1, 2])
    return float(tf.reduce_max(spread)) < 1 / 256


def _regions(
    styles: Sequence[Style], seen: Sequence[Array | None]
) -> tuple[tuple[Array, ...], list[_Placed]]:
    """The regions of the content, and each style with the number of its region.

    Styles without a mask are painted where no other style's mask is; if none has one, or one
    region is everywhere, there are no regions and all are painted everywhere. A region of which
    nothing is ``seen``, through the selection and the alpha, has no statistics and is left out
    with its styles.
    """
    masks = [style.mask for style in styles if style.mask is not None]
    if not masks:
        return (), [_Placed(style.picture, style.weight, 0) for style in styles]
    regions = [*masks]
    if len(masks) < len(styles):
        regions.append(1.0 - np.maximum.reduce(masks))
    through = [layer for layer in seen if layer is not None]
    kept = [
        number
        for number, region in enumerate(regions)
        if float(math.prod(through, start=region).max(initial=0.0)) > 0.0
    ]
    numbers = iter(range(len(masks)))
    placed = [
        _Placed(style.picture, style.weight, len(masks) if style.mask is None else next(numbers))
        for style in styles
    ]
    if not kept:
        raise NeuralStyleError(
            "bad-image",
            "Nothing that is painted is in the region of a style.",
            "Choose larger masks for the styles, or another selection.",
        )
    painted = [
        replace(style, region=kept.index(style.region)) for style in placed if style.region in kept
    ]
    if len(kept) == 1 and float(regions[kept[0]].min()) >= 1.0:
        return (), painted
    return tuple(regions[number] for number in kept), painted


def _matched(style: Picture, content: Picture) -> Picture:
    return Picture(matched_palette(style, content), style.alpha)


def _scaled(
    styles: Sequence[_Placed], scale: schedule.Scale, settings: Settings
) -> list[WeighedStyle]:
    """The styles at the size that suits the scale, with what of them is opaque."""

    def scaled(style: _Placed) -> WeighedStyle:
        size = schedule.style_size(
            style.picture.size, (scale.width, scale.height), settings.brush_size
        )
        picture = resize(fill_transparent(style.picture), *size)
        alpha = style.picture.alpha
        if alpha is not None and float(alpha.min()) >= 1.0:
            alpha = None  # weights of one are not quite that any more when they are shrunk
        weight = None if alpha is None else shrink_weight(alpha, *size)
        return WeighedStyle(picture, weight, style.weight, style.region)

    return [scaled(style) for style in styles]
