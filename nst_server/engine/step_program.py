"""One step of a painting as one function of tensors: gradient, mask and L-BFGS."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, NamedTuple

import tensorflow as tf

from nst_server.engine.canvas.canvas import View
from nst_server.engine.compile_ahead import Compiler, first_line, no_program
from nst_server.engine.network.program import Program
from nst_server.engine.objective.whole import TERMS, Objective, Targets
from nst_server.engine.optimizers.lbfgs import history_type
from nst_server.engine.optimizers.lbfgs_step import LbfgsStep, LbfgsTensors
from nst_server.engine.planning.pace import Pace

_log = logging.getLogger(__name__)

_LARGEST = 2**22
"""Pixels of the largest picture whose steps are such functions. Beyond it a step is long beside
all waiting, and memory is better used strip by strip."""


class Given(NamedTuple):
    """The inputs that stay the same for all steps of a scale; empty where there are none."""

    targets: Targets
    weights: tf.Tensor
    seen_through: tuple[tf.Tensor, ...]
    """The content and its mask."""
    importance: tuple[tf.Tensor, ...]


class Heard(NamedTuple):
    """Loss and painting of a step, read by the host perhaps some steps later."""

    terms: tuple[float, ...]
    """Terms of the loss before the step."""
    painting: tf.Tensor
    """The painting after it: the picture of the least loss."""


class StepProgram:
    """The step of an objective with L-BFGS: traced once for all sizes, compiled for each."""

    def __init__(self, objective: Objective, optimizer: LbfgsStep, compiler: Compiler) -> None:
        self._objective = objective
        self._optimizer = optimizer
        self._compiler = compiler
        self._traced: dict[tuple[int, int], Callable[..., Any]] = {}
        self._compiled: dict[tuple[tf.TensorSpec, ...], Future[Program | None]] = {}

    def suits(self, width: int, height: int) -> bool:
        """True for pictures that are small enough, and whose pairs `Lbfgs` has in float32 too."""
        is_small = width * height <= _LARGEST
        return is_small and history_type(3 * width * height, self._optimizer.pairs) == tf.float32

    def steps(
        self, picture: tf.Tensor, view: View, targets: Targets, weights: tf.Tensor, pace: Pace
    ) -> Iterator[Heard]:
        """Make steps from ``picture`` without end, as many before the first is heard as ``pace``.

        Raises ResourceExhaustedError, when all steps before that have been heard.
        """
        seen_through = () if view.mask is None else (view.content, view.mask)
        importance = () if view.importance is None else (view.importance,)
        plain = Given(targets, weights, seen_through, importance)
        fixed = plain
        if self._compiler.compiles:
            fixed = plain._replace(targets=targets.with_fixed_shapes())
        del targets, view
        state = self._optimizer.start(picture)
        del picture
        under_way: deque[tuple[tf.Tensor, tf.Tensor]] = deque()
        while True:
            try:
                state, terms = self._next(state, plain, fixed)
            except tf.errors.ResourceExhaustedError:
                yield from _heard(under_way, len(under_way), pace)
                raise
            under_way.append((terms, state.kept))
            yield from _heard(under_way, pace.due(len(under_way)), pace)

    def _next(
        self, state: LbfgsTensors, plain: Given, fixed: Given
    ) -> tuple[LbfgsTensors, tf.Tensor]:
        """Make a step, by the compiled program if it is there."""
        if not self._compiler.compiles:
            return self._plain(plain)(state, plain)  # type: ignore[no-any-return]
        key = tuple(
            tf.TensorSpec(tensor.shape, tensor.dtype)
            for tensor in tf.nest.flatten((state, fixed), expand_composites=True)
        )
        if key not in self._compiled:
            self._compiled[key] = self._compiler.start(lambda: self._program(state, fixed))
        compiled = self._compiled[key]
        program = compiled.result() if compiled.done() else None
        if program is not None:
            try:
                return program(state, fixed)  # type: ignore[no-any-return]
            except tf.errors.OpError as error:
                _log.warning("a compiled step failed, going on without: %s", first_line(error))
                self._compiled[key] = no_program()
        return self._plain(plain)(state, plain)  # type: ignore[no-any-return]

    def _program(self, state: LbfgsTensors, given: Given) -> Program:
        program = Program(self._step, (state, given))
        program(state, given)
        return program

    def _plain(self, given: Given) -> Callable[..., Any]:
        """Return the traced function for what is given; the others are traced when needed."""
        key = len(given.seen_through), len(given.importance)
        if key not in self._traced:
            sizes = [1, None, None]
            spec = Given(
                self._objective.targets_spec,
                tf.TensorSpec([len(TERMS)]),
                (tf.TensorSpec([*sizes, 3]), tf.TensorSpec([*sizes, 1]))[: key[0]],
                (tf.TensorSpec([*sizes, 1 + self._objective.regions]),)[: key[1]],
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
        importance = given.importance[0] if given.importance else None
        terms, gradient = self._objective.untraced_gradient(
            picture, importance, given.targets, given.weights
        )
        if mask is not None:
            gradient *= mask
        return self._optimizer(state, gradient, tf.reduce_sum(terms)), terms


def _heard(
    under_way: deque[tuple[tf.Tensor, tf.Tensor]], count: int, pace: Pace
) -> Iterator[Heard]:
    """Wait for the oldest ``count`` steps, once, and yield what is heard of them."""
    if not count:
        return
    oldest = [under_way.popleft() for _ in range(count)]
    terms = tf.stack([terms for terms, _ in oldest]).numpy()
    pace.has_waited(count)
    for row, (_, painting) in zip(terms.tolist(), oldest, strict=True):
        yield Heard(tuple(row), painting)
