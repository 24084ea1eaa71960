"""Whole steps: compiled while a painting goes on, heard of later, and gone without if they fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_server.engine import step_program
from nst_server.engine.canvas.picture import Picture, Style
from nst_server.engine.compile_ahead import Compiler, no_program
from nst_server.engine.iterate import Iterate
from nst_server.engine.network.program import Program
from nst_server.engine.optimizers.lbfgs import PAIRS, PAIRS_NEAR_A_MINIMUM, Lbfgs, LbfgsState
from nst_server.engine.optimizers.lbfgs_step import LbfgsStep, LbfgsTensors
from nst_server.engine.optimizers.preconditioner import FEW_STEPS, NEAR_A_MINIMUM, STROKES, Metric
from nst_server.engine.painter import Painter
from nst_server.engine.painting_run import PaintingRun
from nst_server.engine.planning.device import Device
from nst_server.engine.planning.pace import Pace
from nst_server.engine.step_program import Given, Heard, StepProgram
from nst_server.host.program_cache import ProgramCache
from nst_server.values.job import Job, JobStyle, PictureShape, PlannedPainting
from nst_server.values.settings import Settings
from nst_server.wire.events import Finished
from nst_server.wire.order import Order, Raster, spooled
from nst_server.wire.spool import Spool
from nst_server.worker.job_events import job_events
from tests.support.landscapes import landscape

pytestmark = pytest.mark.engine

CONTENT, STYLE = Picture(landscape(100, 70, seed=1)), Style(Picture(landscape(90, 80, seed=2)))


def iterates(painter: Painter, **changes: object) -> Iterator[Iterate]:
    alike = {"coarsest": 0, "size": "full", "precision": "float32", "backbone": "vgg16"}
    settings = Settings.of_preset("standard", **{"iterations": 8, **alike, **changes})
    return painter.stylize(CONTENT, [STYLE], settings)


def losses(painter: Painter, **changes: object) -> list[float]:
    return [iterate.progress.loss for iterate in iterates(painter, **changes)]


class Late(Compiler):
    """Compiles at once, but what it compiles is there only after some steps."""

    def __init__(self, steps: int) -> None:
        super().__init__("always", ProgramCache(None))
        self._steps = steps
        self.asked = 0

    def start(self, compiled: Callable[[], Program]) -> Future[Program | None]:
        done = super().start(compiled)
        late = self

        class After(Future[Program | None]):
            def done(self) -> bool:
                late.asked += 1
                return late.asked > late._steps

            def result(self, timeout: float | None = None) -> Program | None:
                return done.result(timeout)

        return After()


def test_a_switch_to_the_compiled_step_is_not_seen(painter: Painter) -> None:
    late = Late(4)
    expected = losses(painter)
    seen = losses(Painter(Path("none"), late))
    assert late.programs == 1
    assert late.asked == 8
    np.testing.assert_allclose(seen[:4], expected[:4], rtol=1e-5)
    np.testing.assert_allclose(seen, expected, rtol=1e-3)


def test_both_steps_do_the_same_for_30_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both begin each step in the same state: by themselves two paintings part by rounding alone.

    Of a content that is brighter by a millionth, the plain step's own losses differ by a hundredth.
    """
    pairs: list[tuple[Program, tuple[LbfgsTensors, tf.Tensor], tuple[LbfgsTensors, tf.Tensor]]] = []

    def both(
        self: StepProgram, state: LbfgsTensors, given: Given, kind: Any
    ) -> tuple[LbfgsTensors, tf.Tensor]:
        program = self._program(state, given, kind).result()
        assert program is not None
        one, other = self._plain(given)(state, given), program(state, given)
        pairs.append((program, one, other))
        return one  # type: ignore[no-any-return]

    monkeypatch.setattr(StepProgram, "_next", both)
    losses(Painter(Path("none"), Compiler("always", ProgramCache(None))), iterations=30)
    assert len(pairs) == 30
    for _, (state, terms), (compiled, compiled_terms) in pairs:
        np.testing.assert_allclose(sum(compiled_terms), sum(terms), rtol=1e-3)
        np.testing.assert_allclose(compiled.loss, state.loss, rtol=1e-3)
        np.testing.assert_allclose(compiled.share, state.share)
        assert np.abs(compiled.picture - state.picture).mean() < 1e-3


class Counting(Compiler):
    """Counts the programs that it is asked for, and never gets one ready."""

    def __init__(self) -> None:
        super().__init__("never", ProgramCache(None))
        self.compiles = True
        self.asked = 0

    def start(self, compiled: Callable[[], Program]) -> Future[Program | None]:
        self.asked += 1
        return Future()

    def prepare(self, programs: Callable[[], Iterator[Future[Program | None]]]) -> None:
        list(programs())


def test_a_painting_in_a_bucket_is_as_near_to_style_and_content(painter: Painter) -> None:
    """After more iterations two paintings part by rounding alone."""
    settings = {"iterations": 4, "coarsest": 48}
    counting = Counting()
    *_, expected = iterates(painter, **settings)
    *_, found = iterates(Painter(Path("none"), counting), **settings)
    assert expected.progress.scales == counting.asked == 2
    assert found.result().shape == expected.result().shape
    for name, term in expected.progress.terms.items():
        assert found.progress.terms[name] == pytest.approx(term, rel=0.01), name
    assert np.abs(found.result() - expected.result()).mean() < 1e-2


def test_photographs_of_nearly_one_shape_share_a_program() -> None:
    counting = Counting()
    painter = Painter(Path("none"), counting)
    settings = Settings.of_preset("standard", size=64, coarsest=0, iterations=1, backbone="vgg16")
    for width, height in [(96, 72), (96, 60), (192, 130), (100, 66)]:
        next(painter.stylize(Picture(landscape(width, height)), [STYLE], settings))
    assert counting.asked == 1
    next(painter.stylize(Picture(landscape(72, 96)), [STYLE], settings))
    assert counting.asked == 2


def test_a_draft_has_the_programs_of_its_painting_compiled(tmp_path: Path) -> None:
    counting = Counting()
    painter = Painter(Path("none"), counting)
    alike = {"coarsest": 64, "iterations": 1, "backbone": "vgg16"}
    draft = Settings.of_preset("draft", **{**alike, "coarsest": 0, "size": 64})
    planned = PlannedPainting(Settings.of_preset("standard", **alike, size="full"), 160, 120)
    shape = PictureShape(64, 48, 3, "uint8")
    raster = Raster.of(shape, bytes(range(256)) * 36)
    order: Order = Job(draft, raster, (JobStyle(raster),), planned=planned)
    order = spooled(order, lambda pixels: Spool.holding(pixels, tmp_path))
    events = job_events(painter, order, keep=lambda: False)
    assert any(isinstance(event, Finished) for event in events)
    assert counting.asked == 1
    assert list(events) == []  # the result is on its way before anything is prepared
    assert counting.asked == 3
    for iterate in painter.stylize(Picture(landscape(160, 120)), [STYLE], planned.settings):
        assert iterate.progress.scales == 2
    assert counting.asked == 3
    list(job_events(painter, order, keep=lambda: False))
    assert counting.asked == 3


def test_nothing_is_measured_where_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting()
    painter = Painter(Path("none"), counting)
    monkeypatch.setattr(PaintingRun, "_view", lambda *_: pytest.fail("in vain"))
    cases: list[tuple[dict[str, object], tuple[int, int]]] = [
        ({"seamless": True}, (128, 128)),
        ({"optimizer": "adam"}, (128, 96)),
        ({"tile": 256}, (128, 96)),
        ({"coarsest": 0}, (3000, 2000)),
    ]
    for changes, size in cases:
        settings = Settings.of_preset("standard", **{"size": "full", **changes})
        painter.prepare(CONTENT, [STYLE], settings, None, size)
    assert counting.asked == 0


def test_what_cannot_be_prepared_is_said_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    compiler = Compiler("always", ProgramCache(None))
    painter = Painter(Path("none"), compiler)
    monkeypatch.setattr(PaintingRun, "programs", lambda _: 1 / 0)
    painter.prepare(CONTENT, [STYLE], Settings(), None, (100, 70))
    compiler._preparing.shutdown()
    assert any("could not prepare" in message for message in caplog.messages)


def test_a_newer_preparation_ends_an_older_one() -> None:
    compiler = Compiler("auto", ProgramCache(None))
    started: list[str] = []
    first: Future[Program | None] = Future()

    def programs(name: str) -> Iterator[Future[Program | None]]:
        for number in range(2):
            started.append(f"{name}{number}")
            yield first if name == "a" else no_program()

    for name in "abc":
        compiler.prepare(partial(programs, name))
    first.set_result(None)
    compiler._preparing.shutdown()
    assert started in (["a0", "c0", "c1"], ["c0", "c1"])


def test_a_program_that_found_no_memory_is_tried_again_by_the_next_painting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts: list[object] = []

    def fail(*arguments: object) -> None:
        attempts.append(arguments)
        raise tf.errors.ResourceExhaustedError(None, None, "out of memory")

    monkeypatch.setattr(step_program, "Program", fail)
    painter = Painter(Path("none"), Compiler("always", ProgramCache(None)))
    for number in (1, 2):
        losses(painter, iterations=3)
        assert len(attempts) == number


@pytest.mark.parametrize("error", [RuntimeError, tf.errors.ResourceExhaustedError, MemoryError])
def test_a_compiler_that_fails_is_gone_without(
    error: type[Exception],
    painter: Painter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    expected = losses(painter)

    def fail(*_: object) -> None:
        if error is tf.errors.ResourceExhaustedError:
            raise tf.errors.ResourceExhaustedError(None, None, "out of memory")
        raise error("out of order")

    monkeypatch.setattr(step_program, "Program", fail)
    compiler = Compiler("always", ProgramCache(None))
    np.testing.assert_allclose(losses(Painter(Path("none"), compiler)), expected, rtol=1e-3)
    assert compiler.programs == 0
    assert sum("could not be compiled" in message for message in caplog.messages) == 1


def test_a_compiled_step_that_fails_is_gone_without(
    painter: Painter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = losses(painter, style_loss="gram")
    calls = 0

    class Failing:
        def __init__(self, function: Callable[..., object], arguments: object) -> None:
            self._function = tf.function(function, autograph=False)

        def __call__(self, *arguments: object) -> object:
            nonlocal calls
            calls += 1
            if calls > 4:
                raise tf.errors.ResourceExhaustedError(None, None, "out of memory")
            return self._function(*arguments)

    monkeypatch.setattr(step_program, "Program", Failing)
    compiling = Painter(Path("none"), Compiler("always", ProgramCache(None)))
    seen = losses(compiling, style_loss="gram")
    np.testing.assert_allclose(seen, expected, rtol=1e-3)
    assert calls == 5
    assert sum("a compiled step failed" in message for message in caplog.messages) == 1


def test_the_host_waits_once_for_four_steps(
    painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [(i.progress, i.result()) for i in iterates(painter, iterations=40)]
    pace = Pace(8, seconds=1e9)
    monkeypatch.setattr(Device, "pace", lambda _: pace)
    seen = [(i.progress, i.result()) for i in iterates(painter, iterations=40)]
    assert [progress.iteration for progress, _ in seen] == list(range(1, 41))
    for (progress, picture), (before, other) in zip(seen, expected, strict=True):
        assert progress.loss == before.loss
        np.testing.assert_array_equal(picture, other)
    assert pace.waits <= 3 + 40 / 4


def test_without_memory_for_a_whole_step_it_goes_on_in_parts(
    painter: Painter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole: Callable[..., object] = StepProgram._next
    calls = 0

    def next_step(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise tf.errors.ResourceExhaustedError(None, None, "out of memory")
        return whole(*arguments)

    expected = losses(painter)
    monkeypatch.setattr(StepProgram, "_next", next_step)
    monkeypatch.setattr(Device, "pace", lambda _: Pace(8, seconds=1e9))
    seen = losses(painter)
    assert len(seen) == len(expected)
    assert seen[:3] == expected[:3]
    assert min(seen[3:]) < min(seen[:3])
    assert any("going on in parts" in message for message in caplog.messages)


def test_a_large_picture_is_worked_at_in_strips(
    painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = losses(painter)
    steps: list[float] = []
    step = Lbfgs.step

    def counted(self: Lbfgs, state: LbfgsState, gradient: list[tf.Tensor], loss: float) -> None:
        steps.append(loss)
        step(self, state, gradient, loss)

    monkeypatch.setattr(step_program, "_LARGEST", 100)
    monkeypatch.setattr(Lbfgs, "step", counted)
    np.testing.assert_allclose(losses(painter), expected, rtol=1e-3)
    assert len(steps) == len(expected)


@pytest.mark.parametrize(("pairs", "largest"), [(PAIRS, 2048), (PAIRS_NEAR_A_MINIMUM, 1495)])
def test_pairs_that_would_fill_the_memory_are_kept_in_strips(
    painter: Painter, pairs: int, largest: int
) -> None:
    optimizer = LbfgsStep(pairs=pairs)
    program = StepProgram(None, optimizer, painter.compiler)  # type: ignore[arg-type]
    assert program.suits(largest, largest)
    assert not program.suits(largest + 1, largest + 1)


@pytest.mark.parametrize(("iterations", "last_counts"), [(8, True), (9, False)])
def test_a_draft_ends_where_its_last_step_leads(
    painter: Painter, monkeypatch: pytest.MonkeyPatch, iterations: int, last_counts: bool
) -> None:
    heard: list[Heard] = []
    steps = StepProgram.steps

    def recorded(self: StepProgram, *arguments: Any) -> Iterator[Heard]:
        for of_a_step in steps(self, *arguments):
            heard.append(of_a_step)
            yield of_a_step

    monkeypatch.setattr(StepProgram, "steps", recorded)
    painted = [iterate.painting() for iterate in iterates(painter, iterations=iterations)]
    assert len(painted) == len(heard) == iterations
    wanted = [of_a_step.painting for of_a_step in heard]
    if last_counts:
        wanted[-1] = heard[-1].next_picture
    for painting, picture in zip(painted, wanted, strict=True):
        np.testing.assert_array_equal(painting, picture[:, 8:-8, 8 : 8 + 100])
    assert np.abs(heard[-1].next_picture - heard[-1].painting).max() > 1e-3


def test_a_draft_in_parts_ends_there_too(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    (*_, whole) = iterates(painter)
    monkeypatch.setattr(step_program, "_LARGEST", 100)
    (*_, in_parts) = iterates(painter)
    assert np.abs(in_parts.painting() - whole.painting()).mean() < 1e-3


def test_one_traced_step_serves_drafts_and_paintings(
    painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics: list[Metric] = []
    plain = StepProgram._plain
    functions: list[Any] = []

    def watched(self: StepProgram, given: Given) -> Any:
        metrics.append(Metric(*(round(float(number), 6) for number in given.tuning.metric)))
        functions.append(plain(self, given))
        return functions[-1]

    monkeypatch.setattr(StepProgram, "_plain", watched)
    for iterations in (1, 8, 9, 30):
        next(iterates(painter, iterations=iterations))
    assert metrics == [FEW_STEPS, FEW_STEPS, STROKES, STROKES]
    assert len(set(map(id, functions))) == functions[0].experimental_get_tracing_count() == 1
    next(iterates(painter, iterations=5, formulation="notebook", optimizer="lbfgs"))
    assert metrics[-1] == NEAR_A_MINIMUM


def test_never_compiles_on_a_processor_by_itself() -> None:
    started = Compiler("never", ProgramCache(None)).start(lambda: pytest.fail("compiled"))
    assert started.result() is no_program().result() is None
    if not tf.config.list_physical_devices("GPU"):
        assert not Compiler("auto", ProgramCache(None)).compiles
