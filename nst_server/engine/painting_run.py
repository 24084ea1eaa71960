"""One painting, scale by scale from coarse to fine, as a stream of iterates."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import tensorflow as tf

from nst_server.engine.canvas.canvas import Canvas, View
from nst_server.engine.canvas.detail import detail
from nst_server.engine.canvas.initial import initial
from nst_server.engine.canvas.margin import between, without_margin
from nst_server.engine.canvas.picture import Picture, WeightedStyle
from nst_server.engine.canvas.placed_styles import StyleInRegion, scaled
from nst_server.engine.canvas.strips import cut
from nst_server.engine.iterate import Iterate
from nst_server.engine.method import Method, Optimizer
from nst_server.engine.network.program import Program
from nst_server.engine.objective.memory_fallback import ScaleObjective
from nst_server.engine.objective.tiling import (
    LARGEST,
    MINIMUM_SIDE,
    Tiling,
    checkpoints_fit,
    deep_side,
    side_by_memory,
)
from nst_server.engine.objective.whole import TERMS
from nst_server.engine.planning import schedule
from nst_server.engine.planning.buckets import bucket
from nst_server.engine.planning.clock import Clock
from nst_server.engine.planning.device import Device
from nst_server.engine.planning.pace import Pace
from nst_server.engine.planning.schedule import Plan, Scale
from nst_server.engine.step_program import StepProgram, Tuning
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings

_log = logging.getLogger(__name__)


class _Step(NamedTuple):
    """Terms of the loss before a step, and what returns the paintings after it."""

    terms: tuple[float, ...]
    painting: Callable[[], tf.Tensor]
    """Returns the picture of the least loss."""
    next_picture: Callable[[], tf.Tensor]
    """Returns the picture that the step leads to, whose loss is not known yet."""


class PaintingRun:
    """Canvas, styles and method of one painting, and the optimizer's state.

    Few names hold tensors, and not for long: a large picture should be in memory only once.
    """

    def __init__(
        self,
        canvas: Canvas,
        styles: Sequence[StyleInRegion],
        method: Method,
        settings: Settings,
        plan: Plan,
        device: Device,
        init: Picture | None,
        pace: Pace,
    ) -> None:
        """``init`` is the picture to start from, where the settings say so."""
        self._canvas = canvas
        self._styles = styles
        self._method = method
        self._settings = settings
        self._plan = plan
        self._device = device
        self._init = init
        self._weights = method.weights(settings)
        self._scales = schedule.scales(plan.width, plan.height, settings)
        self._largest = LARGEST["GPU" if device.is_gpu else "CPU"].in_precision(plan.precision)
        self._pace = pace
        self._optimizer: Optimizer  # that of the scale that is painted
        self._state: Any = None

    def iterates(self, started: float) -> Iterator[Iterate]:
        """Yield every iterate; ``started`` is the monotonic time at which the job began.

        Raises `NeuralStyleError` ``bad-settings`` if it diverges, and TensorFlow's
        ResourceExhaustedError.
        """
        clock = Clock(self._scales, started)
        for number, scale in enumerate(self._scales, start=1):
            yield from self._paint_scale(number, scale, clock)

    def programs(self) -> Iterator[Future[Program | None]]:
        """Have the programs compiled that a painting of this size will use, coarsest scale first.

        The canvas may be smaller than that: programs depend on sizes alone.
        """
        for scale in self._scales:
            width, height = scale.full_size
            styles = self._styles_at(scale)
            step = self._method.at(scale.levels).step
            if step is None or not step.suits(width, height) or self._tiling(scale, styles[0]):
                continue
            view, size = self._view(scale), bucket(scale)
            if not step.is_prepared(view, size):
                targets = self._objective(view, styles, scale).targets
                yield step.prepare(view, targets, self._tuning(scale), size)

    def _view(self, scale: Scale) -> View:
        return self._canvas.view(scale.width, scale.height).with_margin(scale)

    def _styles_at(self, scale: Scale) -> list[list[WeightedStyle]]:
        """Return the styles for each level of a scale."""
        return [
            scaled(self._styles, (scale.width >> level, scale.height >> level), self._settings)
            for level in range(scale.levels)
        ]

    def _paint_scale(self, number: int, scale: Scale, clock: Clock) -> Iterator[Iterate]:
        view = self._view(scale)
        styles = self._styles_at(scale)
        self._optimizer = self._method.optimizer(self._settings, scale)
        if self._state is None:
            self._state = self._optimizer.start(initial(view, self._settings, self._init, scale))
            self._init = None
        else:
            self._enlarge(self._scales[number - 2], scale, view, styles[0])
        totals: list[float] = []
        steps = islice(self._steps(view, styles, scale), scale.iterations)
        for iteration, step in enumerate(steps, start=1):
            losses = dict(zip(TERMS, step.terms, strict=True))
            totals.append(sum(step.terms))
            if not math.isfinite(totals[-1]):
                raise NeuralStyleError(
                    "bad-settings",
                    "The optimization diverged.",
                    "Choose float32 as the precision, or less strength.",
                )
            progress = clock.progress(number, iteration, totals[-1], losses)
            is_last = iteration == scale.iterations
            last_counts = is_last and self._method.counts_last_step(scale)
            painting = step.next_picture if last_counts else step.painting
            yield Iterate(progress, self._canvas, partial(_inside, painting, scale))
            if self._method.may_settle and schedule.has_settled(totals):
                break

    def _enlarge(
        self, coarser: Scale, scale: Scale, view: View, styles: Sequence[WeightedStyle]
    ) -> None:
        """Begin a scale with the enlarged painting and the content's detail."""
        resized = between(coarser, scale)
        picture = resized(self._optimizer.result(self._state))
        if self._settings.init != "noise":
            picture += detail(view.content, styles, coarser.width / scale.width)
        self._optimizer.resize(self._state, tf.clip_by_value(picture, 0.0, 1.0), resized)

    def _tuning(self, scale: Scale) -> Tuning:
        return Tuning(self._weights, self._method.metric(scale).in_tensors())

    def _steps(
        self, view: View, styles: Sequence[Sequence[WeightedStyle]], scale: Scale
    ) -> Iterator[_Step]:
        """Make steps without end; yield what the loss was before each, and the paintings after."""
        objective = self._objective(view, styles, scale)
        program = self._program_for(objective, scale)
        if program is not None:
            steps = program.steps(
                self._state.picture,
                view,
                objective.targets,
                self._tuning(scale),
                self._pace,
                bucket(scale),
            )
            try:
                for heard in steps:
                    self._state = self._optimizer.start(heard.painting)
                    paintings = heard.painting, heard.next_picture
                    yield _Step(heard.terms, *(partial(_same, painting) for painting in paintings))
            except tf.errors.ResourceExhaustedError:
                _log.warning("out of memory for a step as a whole, going on in parts")
        while True:
            losses = self._improved(objective, view)
            paintings = self._optimizer.result, attrgetter("picture")
            yield _Step(losses, *(partial(painting, self._state) for painting in paintings))

    def _program_for(self, objective: ScaleObjective, scale: Scale) -> StepProgram | None:
        """Return what makes whole steps at the size of ``scale``; None where parts are needed."""
        program = self._method.at(scale.levels).step
        if program is None or not objective.is_whole or not program.suits(*scale.full_size):
            return None
        return program

    def _improved(self, objective: ScaleObjective, view: View) -> tuple[float, ...]:
        """Make one step of the optimizer; return the terms of the loss before it."""
        terms, gradient = objective.gradient(view.seen(self._state.picture), self._weights)
        if view.mask is not None:
            masks = cut(view.mask)
            gradient = [strip * mask for strip, mask in zip(gradient, masks, strict=True)]
        losses = tuple(map(float, terms.numpy()))
        self._pace.has_waited(1)
        if math.isfinite(sum(losses)):
            self._optimizer.step(self._state, gradient, sum(losses))
        return losses

    def _objective(
        self, view: View, styles: Sequence[Sequence[WeightedStyle]], scale: Scale
    ) -> ScaleObjective:
        """The objective of a scale, in as large pieces as memory allows."""
        return ScaleObjective(
            self._method.at(scale.levels).objective,
            view.content,
            styles,
            view.importance,
            tiling=self._tiling(scale, styles[0]),
        )

    def _tiling(self, scale: Scale, styles: Sequence[WeightedStyle]) -> Tiling | None:
        """Return the tiling of a scale's pictures; None for one piece."""
        settings = self._settings
        width, height = scale.full_size
        stages = self._method.at(scale.levels).objective.stages
        first = stages[0]
        free = self._device.free_memory()
        side: int | None = None
        if settings.tile == "auto":
            # For larger strokes a style is measured at a larger size than the content.
            sizes = [(style.picture.shape[2], style.picture.shape[1]) for style in styles]
            most = max([(width, height), *sizes], key=math.prod)
            side = side_by_memory(
                *most,
                self._largest,
                self._device.pixel_bytes(self._plan.precision),
                first.halo,
                free,
            )
        elif settings.tile != "none":
            side = max(MINIMUM_SIDE, int(settings.tile) - 2 * first.halo)
        if side is None and settings.seamless:
            side = max(width, height)
        if side is None:
            return None
        sides = tuple(side if stage.is_first else deep_side(stage.shrinkage) for stage in stages)
        checkpoint_bytes = sum(stage.checkpoint_bytes for stage in stages)
        keeps = checkpoints_fit(width, height, checkpoint_bytes, free)
        return Tiling(sides, keeps, settings.seamless)


def _inside(painting: Callable[[], tf.Tensor], scale: Scale) -> tf.Tensor:
    return without_margin(painting(), scale)


def _same(painting: tf.Tensor) -> tf.Tensor:
    return painting
