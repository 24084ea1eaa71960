"""The painter: a content, styles and settings become a stream of iterates."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path

import tensorflow as tf

from nst_server.engine.canvas.canvas import Canvas
from nst_server.engine.canvas.checks import check
from nst_server.engine.canvas.picture import Array, Picture, Style, WeightedStyle
from nst_server.engine.canvas.placed_styles import matched, regions_of
from nst_server.engine.compile_ahead import Compiler
from nst_server.engine.iterate import Iterate
from nst_server.engine.method import Method, MethodKey
from nst_server.engine.network.program import Program
from nst_server.engine.objective.whole import TERMS
from nst_server.engine.painting_run import PaintingRun
from nst_server.engine.planning import schedule
from nst_server.engine.planning.device import Device
from nst_server.engine.planning.pace import Pace
from nst_server.engine.planning.schedule import Plan
from nst_server.host import weight_files
from nst_server.host.compilation import chosen
from nst_server.host.program_cache import ProgramCache
from nst_server.values.errors import NeuralStyleError
from nst_server.values.progress import Estimate
from nst_server.values.settings import Settings

_MEASURED_SIDE = {"CPU": 256, "GPU": 1024}
"""Side in pixels of the noise that a device's speed is measured on: enough to keep it busy."""


class Painter:
    """Paints on the device that TensorFlow finds; keeps traced functions for the next job."""

    def __init__(
        self, weights: Path, compiler: Compiler | None = None, pace: Pace | None = None
    ) -> None:
        """``weights`` is the folder of fetched weights. Nothing is loaded yet.

        Without a ``compiler`` whole steps are compiled as ``NST_COMPILE`` says, and not kept;
        without a ``pace`` it is the device's.
        """
        self._pace = pace
        self._weights = weights
        self.compiler = compiler or Compiler(chosen(os.environ), ProgramCache(None))
        self._method = lru_cache(maxsize=4)(self._build)
        self._speed = lru_cache(maxsize=None)(self._measure)

    @cached_property
    def _device(self) -> Device:
        return Device.detect()

    @property
    def device(self) -> str:
        """Name of the processor that is really used, for people."""
        return self._device.name

    @property
    def missed_gpu(self) -> str:
        """Name of the GPU that should be used and cannot be; empty if all is well."""
        return self._device.missed

    def plan(self, settings: Settings, width: int, height: int) -> Plan:
        """Return network, number format and size for a content of ``width`` × ``height``.

        Raises `NeuralStyleError` ``weights-missing``.
        """
        backbone, _ = weight_files.find(settings.backbone, self._weights)
        precision = self._device.precision(settings.precision)
        affordable = math.inf
        if settings.size == "auto":  # measured only where it matters: that takes half a second
            speed = self._speed(MethodKey.of(settings, backbone, precision))
            affordable = speed * settings.time_limit
        size = schedule.working_size(width, height, settings, affordable)
        return Plan(backbone, precision, *size)

    def estimate(self, settings: Settings, width: int, height: int) -> Estimate:
        """Return the size of `plan` and the seconds it would take; measures the speed once.

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
        """Yield every iterate from the first step of the coarsest scale to the last of the finest.

        A scale ends before its last iteration if it would no longer change visibly. ``mask``
        (height × width, [0, 1]) says what may change; the picture as seen through it is optimized.
        ``init`` is the picture to start from, if the settings say so. The last iterate is the
        result; the caller may stop at any, and should hold on to none of the pictures: the painter
        keeps what it needs. Raises `NeuralStyleError` ``bad-image``, ``bad-settings``,
        ``out-of-memory`` or ``weights-missing``.
        """
        started = time.monotonic()
        styles = [style for style in styles if style.weight > 0]
        plan = plan or self.plan(settings, *content.size)
        check(content, styles, mask)
        if settings.changes_nothing:
            yield Iterate.untouched(content, time.monotonic() - started)
            return
        run = self._run(content, styles, settings, mask, plan, init)
        del content, mask, styles, init  # the run has what is needed of them
        try:
            yield from run.iterates(started)
        except tf.errors.ResourceExhaustedError as error:
            raise NeuralStyleError(
                "out-of-memory",
                "There is not enough memory to paint at {width}×{height} pixels.",
                "Choose a smaller size.",
                width=plan.width,
                height=plan.height,
            ) from error

    def prepare(
        self,
        content: Picture,
        styles: Sequence[Style],
        settings: Settings,
        mask: Array | None,
        size: tuple[int, int],
    ) -> None:
        """Have programs compiled, while the process goes on, for a painting that is to be expected.

        It is that of a content of ``size``, width and height; ``content`` and ``mask`` may be
        smaller.
        """
        wanted = [style for style in styles if style.weight > 0]

        def programs() -> Iterator[Future[Program | None]]:
            plan = self.plan(settings, *size)
            return self._run(content, wanted, settings, mask, plan, None).programs()

        if self.compiler.compiles and not settings.changes_nothing:
            self.compiler.prepare(programs)

    def _run(
        self,
        content: Picture,
        styles: Sequence[Style],
        settings: Settings,
        mask: Array | None,
        plan: Plan,
        init: Picture | None,
    ) -> PaintingRun:
        regions, placed = regions_of(styles, (mask, content.alpha))
        if settings.colors == "match":
            placed = [replace(style, picture=matched(style.picture, content)) for style in placed]
        canvas = Canvas.of(content, mask, settings.colors, regions, settings.seamless)
        key = MethodKey.of(settings, plan.backbone, plan.precision, max(1, len(regions)))
        return PaintingRun(
            canvas,
            placed,
            self._method(key),
            settings,
            plan,
            self._device,
            init,
            self._pace or self._device.pace(),
        )

    def _build(self, key: MethodKey) -> Method:
        return Method.build(key, weight_files.find(key.backbone, self._weights)[1], self.compiler)

    def _measure(self, key: MethodKey) -> float:
        """Return the megapixel iterations per second, from a few steps on noise."""
        method = self._method(key)
        side = _MEASURED_SIDE["GPU" if self._device.is_gpu else "CPU"]
        noise = tf.random.stateless_uniform([1, side, side, 3], seed=(0, 0))
        style = WeightedStyle(noise, None, 1.0)
        objective = method.at(1).objective
        targets = objective.targets(noise, [[style]], None)
        weights = tf.ones([len(TERMS)])
        seconds = []
        for _ in range(4):
            before = time.monotonic()
            objective.gradient(noise, targets, weights)[0].numpy()
            seconds.append(time.monotonic() - before)
        return side * side / 1e6 / min(seconds)
