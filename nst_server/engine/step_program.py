"""One step of a painting as one function of tensors: gradient, mask and L-BFGS."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, NamedTuple

import tensorflow as tf

from nst_server.engine.canvas.canvas import View
from nst_server.engine.compile_ahead import Compiler, first_line, no_program
from nst_server.engine.network.extent import Extent, in_corner
from nst_server.engine.network.program import Program
from nst_server.engine.objective.whole import TERMS, Objective, Targets
from nst_server.engine.optimizers.lbfgs import history_type
from nst_server.engine.optimizers.lbfgs_step import LbfgsStep, LbfgsTensors
from nst_server.engine.optimizers.preconditioner import Metric
from nst_server.engine.planning.pace import Pace

_log = logging.getLogger(__name__)

_LARGEST = 2**22
"""Pixels of the largest picture whose steps are such functions. Beyond it a step is long beside
all waiting, and memory is better used strip by strip."""


class Tuning(NamedTuple):
    """Numbers of a painting that no program depends on."""

    weights: tf.Tensor
    """Weights of the terms of the loss."""
    metric: Metric


class Given(NamedTuple):
    """The inputs that stay the same for all steps of a scale; empty where there are none."""

    targets: Targets
    tuning: Tuning
    seen_through: tuple[tf.Tensor, ...]
    """The content and its mask."""
    importance: tuple[tf.Tensor, ...]
    """The pyramid of the importance."""
    extent: tuple[Extent, ...] = ()
    """The part of a bucket that the picture fills; empty where nothing is compiled."""


class Heard(NamedTuple):
    """Loss and paintings of a step, read by the host perhaps some steps later."""

    terms: tuple[float, ...]
    """Terms of the loss before the step."""
    painting: tf.Tensor
    """The painting after it: the picture of the least loss."""
    next_picture: tf.Tensor
    """The picture that the step leads to, whose loss is not known yet."""


_UnderWay = tuple[tf.Tensor, ...]
"""The terms of a step, and the paintings of `Heard`."""


class _Kind(NamedTuple):
    """All that a compiled step depends on."""

    bucket: tuple[int, int]
    is_masked: bool
    is_weighted: bool


class StepProgram:
    """The step of an objective with L-BFGS: traced once for all sizes, compiled for buckets."""

    def __init__(self, objective: Objective, optimizer: LbfgsStep, compiler: Compiler) -> None:
        self._objective = objective
        self._optimizer = optimizer
        self._compiler = compiler
        self._traced: dict[tuple[int, ...], Callable[..., Any]] = {}
        self._compiled: dict[_Kind, Future[Program | None]] = {}
        self._lock = threading.Lock()
        """For the programs, which are asked for by the painting and by what prepares the next."""

    def suits(self, width: int, height: int) -> bool:
        """True for pictures that are small enough, and whose pairs `Lbfgs` has in float32 too."""
        is_small = width * height <= _LARGEST
        return is_small and history_type(3 * width * height, self._optimizer.pairs) == tf.float32

    def steps(
        self,
        picture: tf.Tensor,
        view: View,
        targets: Targets,
        tuning: Tuning,
        pace: Pace,
        bucket: tuple[int, int],
    ) -> Iterator[Heard]:
        """Make steps from ``picture`` without end, as many before the first is heard as ``pace``.

        Where steps are compiled, pictures of the size of ``bucket`` and smaller share a program.
        Raises ResourceExhaustedError, when all steps before that have been heard.
        """
        height, width = picture.shape[1:3]
        kind = _kind(bucket, view)
        self._forget_failure(kind)
        state, given = self._arguments(picture, view, targets, tuning, bucket)
        del picture, view, targets
        under_way: deque[_UnderWay] = deque()
        while True:
            try:
                state, terms = self._next(state, given, kind)
            except tf.errors.ResourceExhaustedError:
                yield from _heard(under_way, len(under_way), pace)
                raise
            paintings = state.kept, state.picture
            if given.extent:
                paintings = tuple(painting[:, :height, :width] for painting in paintings)
            under_way.append((terms, *paintings))
            yield from _heard(under_way, pace.due(len(under_way)), pace)

    def is_prepared(self, view: View, bucket: tuple[int, int]) -> bool:
        """True if nothing is left to prepare for pictures like the content of ``view``."""
        return not self._compiler.compiles or _kind(bucket, view) in self._compiled

    def prepare(
        self, view: View, targets: Targets, tuning: Tuning, bucket: tuple[int, int]
    ) -> Future[Program | None]:
        """Have the step compiled that `steps` will make."""
        arguments = self._arguments(view.content, view, targets, tuning, bucket)
        return self._program(*arguments, _kind(bucket, view))

    def _arguments(
        self,
        picture: tf.Tensor,
        view: View,
        targets: Targets,
        tuning: Tuning,
        bucket: tuple[int, int],
    ) -> tuple[LbfgsTensors, Given]:
        """Return the first state and what stays the same, in a bucket where steps are compiled."""
        seen_through = () if view.mask is None else (view.content, view.mask)
        pyramid = [] if view.importance is None else self._objective.pyramid(view.importance)
        if not self._compiler.compiles:
            given = Given(targets, tuning, seen_through, tuple(pyramid))
            return self._optimizer.start(picture), given
        width, height = bucket
        given = Given(
            self._objective.in_bucket(targets, width, height),
            tuning,
            tuple(in_corner(maps, height, width) for maps in seen_through),
            tuple(
                in_corner(level, height >> halvings, width >> halvings)
                for halvings, level in enumerate(pyramid)
            ),
            (Extent(tf.shape(picture)[1:3]),),
        )
        return self._optimizer.start(in_corner(picture, height, width)), given

    def _next(
        self, state: LbfgsTensors, given: Given, kind: _Kind
    ) -> tuple[LbfgsTensors, tf.Tensor]:
        """Make a step, by the compiled program if it is there."""
        if self._compiler.compiles:
            compiled = self._program(state, given, kind)
            program = compiled.result() if compiled.done() else None
            if program is not None:
                try:
                    return program(state, given)  # type: ignore[no-any-return]
                except tf.errors.OpError as error:
                    _log.warning("a compiled step failed, going on without: %s", first_line(error))
                    self._compiled[kind] = no_program()
        return self._plain(given)(state, given)  # type: ignore[no-any-return]

    def _program(self, state: LbfgsTensors, given: Given, kind: _Kind) -> Future[Program | None]:
        """Return the program of a kind, which is compiled from now on if it was not before."""

        def compiled() -> Program:
            program = Program(self._step, (state, given))
            program(state, given)
            return program

        with self._lock:
            if kind not in self._compiled:
                self._compiled[kind] = self._compiler.start(compiled)
            return self._compiled[kind]

    def _forget_failure(self, kind: _Kind) -> None:
        """Have a program that could not be made tried again: there may be more memory now."""
        with self._lock:
            compiled = self._compiled.get(kind)
            if compiled is not None and compiled.done() and compiled.result() is None:
                del self._compiled[kind]

    def _plain(self, given: Given) -> Callable[..., Any]:
        """Return the traced function for what is given; the others are traced when needed."""
        key = len(given.seen_through), len(given.importance), len(given.extent)
        if key not in self._traced:
            sizes = [1, None, None]
            spec = Given(
                self._objective.targets_spec,
                Tuning(tf.TensorSpec([len(TERMS)]), Metric(tf.TensorSpec([]), tf.TensorSpec([]))),
                (tf.TensorSpec([*sizes, 3]), tf.TensorSpec([*sizes, 1]))[: key[0]],
                (tf.TensorSpec([*sizes, 1 + self._objective.regions]),) * key[1],
                (Extent(tf.TensorSpec([2], tf.int32)),) * key[2],
            )
            self._traced[key] = tf.function(
                self._step, input_signature=[self._optimizer.spec, spec], autograph=False
            )
        return self._traced[key]

    def _step(self, state: LbfgsTensors, given: Given) -> tuple[LbfgsTensors, tf.Tensor]:
        """Return the state after a step, and the terms of the loss before it."""
        picture = state.picture
        mask: tf.Tensor | None = None
        if given.seen_through:
            content, mask = given.seen_through
            picture = View(content, mask, None).seen(picture)
        extent = given.extent[0] if given.extent else None
        terms, gradient = self._objective.untraced_gradient(
            picture, given.importance or None, given.targets, given.tuning.weights, extent
        )
        if mask is not None:
            gradient *= mask
        loss, metric = tf.reduce_sum(terms), given.tuning.metric
        return self._optimizer(state, gradient, loss, metric, extent), terms


def _kind(bucket: tuple[int, int], view: View) -> _Kind:
    return _Kind(bucket, view.mask is not None, view.importance is not None)


def _heard(under_way: deque[_UnderWay], count: int, pace: Pace) -> Iterator[Heard]:
    """Wait for the oldest ``count`` steps, once, and yield what is heard of them."""
    if not count:
        return
    oldest = [under_way.popleft() for _ in range(count)]
    terms = tf.stack([terms for terms, *_ in oldest]).numpy()
    pace.has_waited(count)
    for row, (_, *paintings) in zip(terms.tolist(), oldest, strict=True):
        yield Heard(tuple(row), *paintings)
