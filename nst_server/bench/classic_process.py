"""The measuring process of ``classic``."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from nst_server.bench import inputs
from nst_server.bench.benchmark import Figures, summary
from nst_server.bench.child import say
from nst_server.bench.classic import CURVE, stored_curves
from nst_server.bench.inputs import Array
from nst_server.bench.measuring import described, iterates, seconds
from nst_server.bench.networks import published
from nst_server.bench.notebook import ITERATIONS, Notebook
from nst_server.engine.iterate import Iterate
from nst_server.engine.painter import Painter
from nst_server.host import weight_files as weights_files
from nst_server.host.home import Home
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import Settings

_SAME = 1e-3
"""Relative difference up to which two curves count as the same."""

_NEAR = 1.05
"""Multiple of the target loss below which a loss in bfloat16 is checked in float32."""

_JUDGED_EVERY = 2
_STALLED = 15
"""Iterations without a gain of 0.1 %, after which bfloat16 is given up."""

_WAYS = (("bfloat16", "float32"), ("float32",))
"""Sequences of precisions for L-BFGS: the next begins where the last makes no more progress."""


def run(
    weights: str,
    content: str | None,
    style: str | None,
    curves: dict[str, list[float]],
    longest: int,
    eager: int,
    iterations: int,
    repeats: int,
) -> Figures:
    """Measure the notebook's seconds per iteration and curve, then our time to its least loss."""
    painter = Painter(Path(weights))
    picture = inputs.content(_path(content), longest)
    style_picture = inputs.style(_path(style), longest)
    description = described(painter, picture, Settings.of_preset("classic"))
    backbone, file = weights_files.find(description["backbone"], Path(weights))
    judge = Notebook(published(backbone, file), picture, style_picture)

    losses, times = _eager(judge, eager)
    curve, came_from = curves.get(backbone, []), "stored"
    if len(curve) < iterations or _difference(curve, losses) > _SAME:
        curve = measured_curve(painter, picture, style_picture, iterations)
        came_from = "measured"
    difference = _checked_difference(curve, losses)
    curve = curve[:iterations]
    target = min(curve)
    notebook_each = statistics.median(times)
    notebook_seconds = notebook_each * iterations

    attempts = _attempts(painter, picture, style_picture, judge, target, iterations)
    best = min(attempts, key=lambda attempt: (not attempt.reached, attempt.seconds))
    repeats = repeats if best.reached else 1
    again = (_again(painter, picture, style_picture, best, iterations) for _ in range(1, repeats))
    seconds = [best.seconds, *again]
    ratios = [notebook_seconds / duration for duration in seconds]
    figures = summary(
        {"notebook_s_per_it": times, "seconds": seconds, "time_ratio_to_equal_loss": ratios}
    )
    if not best.reached:
        figures["time_ratio_to_equal_loss"] = None
    return {
        **figures,
        "loss_reached": best.loss,
        "loss_wanted": target,
        "reached": best.reached,
        "way": best.words,
        "precision": best.words.removeprefix("L-BFGS, "),
        "iterations": sum(best.iterations),
        "notebook_s": notebook_seconds,
        "notebook_iterations": iterations,
        "curve_from": came_from,
        "curve_difference": difference,
        "attempts": [attempt.summary() for attempt in attempts],
        "curves": {"notebook": _timed(curve, notebook_each), "ours": best.points},
        "device": description["device"],
        "backbone": backbone,
        "width": picture.shape[1],
        "height": picture.shape[0],
    }


def measured_curve(painter: Painter, content: Array, style: Array, iterations: int) -> list[float]:
    """The notebook's losses, computed by the engine's preset ``classic`` in float32."""
    settings = Settings.of_preset("classic", size="full", iterations=iterations)
    losses, begun = [], time.monotonic()
    for iterate in iterates(painter, content, style, settings):
        losses.append(iterate.progress.loss)
        if len(losses) % 100 == 0:
            left = (iterations - len(losses)) * (time.monotonic() - begun) / len(losses)
            say(f"curve of the notebook: {len(losses)} of {iterations}, {left / 60:.0f} min left")
    return losses


@dataclass
class _Attempt:
    """An attempt at the target loss with one sequence of precisions."""

    precisions: tuple[str, ...]
    seconds: float = 0.0
    loss: float = float("inf")
    """Loss in float32, as computed by the judge."""
    reached: bool = False
    iterations: list[int] = field(default_factory=list)
    """Number of iterations in each precision that was needed."""
    points: list[tuple[float, float]] = field(default_factory=list)
    """Seconds and least loss so far; the judge's loss where it gave one."""

    @property
    def words(self) -> str:
        """Name of the attempt."""
        return f"L-BFGS, {' then '.join(self.precisions[: len(self.iterations)])}"

    def summary(self) -> Figures:
        """The figures of the attempt alone."""
        return {
            "way": self.words,
            "seconds": self.seconds,
            "loss": self.loss,
            "reached": self.reached,
        }


def _attempts(
    painter: Painter,
    content: Array,
    style: Array,
    judge: Notebook,
    target: float,
    iterations: int,
) -> list[_Attempt]:
    """Try all ways, each only for as long as it can still be the fastest."""
    # Trace before timing, like a worker that is warm.
    for precision in sorted({name for way in _WAYS for name in way}):
        for _ in islice(_lbfgs(painter, content, style, precision, 2, None), 2):
            pass
    attempts: list[_Attempt] = []
    for precisions in _WAYS:
        limit = min(
            (earlier.seconds for earlier in attempts if earlier.reached), default=float("inf")
        )
        attempt = _Attempt(precisions)
        _paint(
            attempt,
            lambda precision, init: _lbfgs(painter, content, style, precision, iterations, init),
            lambda picture: judge.loss_of(picture),
            target,
            limit,
        )
        attempts.append(attempt)
    return attempts


def _paint(
    attempt: _Attempt,
    begin: Callable[[str, Array | None], Iterator[Iterate]],
    loss_of: Callable[[Array], float],
    target: float,
    limit: float,
) -> None:
    """Paint until the judge confirms the target or ``limit`` seconds; judging is not timed."""
    init: Array | None = None
    for precision in attempt.precisions:
        iterates = begin(precision, init)
        attempt.iterations.append(0)
        least = marked = float("inf")
        since_gain = since_judged = 0
        latest: list[Iterate] = []

        def advance(iterates: Iterator[Iterate] = iterates, latest: list[Iterate] = latest) -> None:
            latest[:] = islice(iterates, 1)

        while attempt.seconds < limit:
            attempt.seconds += seconds(advance)
            if not latest:
                break
            attempt.iterations[-1] += 1
            least = min(least, latest[0].progress.loss)
            attempt.points.append((attempt.seconds, least))
            since_gain += 1
            since_judged += 1
            if least < marked * 0.999:
                marked, since_gain = least, 0
            if least <= target * _NEAR and since_judged >= _JUDGED_EVERY:
                since_judged = 0
                init = latest[0].result()
                attempt.loss = loss_of(init)
                attempt.points[-1] = (attempt.seconds, attempt.loss)
                if attempt.loss <= target:
                    attempt.reached = True
                    return
            if precision != attempt.precisions[-1] and since_gain >= _STALLED:
                break
        if latest:
            init = latest[0].result()
    if init is not None:
        attempt.loss = loss_of(init)


def _again(
    painter: Painter, content: Array, style: Array, attempt: _Attempt, iterations: int
) -> float:
    """Seconds for the same iterations once more, without the judge."""
    init: Array | None = None
    total = 0.0
    for precision, count in zip(attempt.precisions, attempt.iterations, strict=False):
        painted = _lbfgs(painter, content, style, precision, iterations, init)
        for _ in range(count):
            latest: list[Iterate] = []
            total += seconds(lambda painted=painted, into=latest: into.extend(islice(painted, 1)))  # type: ignore[misc]
        init = latest[0].result()
    return total


def _lbfgs(
    painter: Painter,
    content: Array,
    style: Array,
    precision: str,
    iterations: int,
    init: Array | None,
) -> Iterator[Iterate]:
    settings = Settings.of_preset(
        "classic",
        size="full",
        optimizer="lbfgs",
        precision=precision,
        iterations=iterations,
        init="content" if init is None else "picture",
    )
    return iterates(painter, content, style, settings, init)


def _eager(notebook: Notebook, count: int) -> tuple[list[float], list[float]]:
    """Losses of the first iterations, and their times except the first."""
    losses: list[float] = []
    painting = notebook.losses()
    times = [seconds(lambda: losses.append(next(painting))) for _ in range(count + 1)]
    return losses, times[1:]


def _difference(curve: Sequence[float], losses: Sequence[float]) -> float:
    """Largest relative difference of two curves, as far as both go."""
    pairs = list(zip(curve, losses, strict=False))
    return max((abs(a - b) / abs(b) for a, b in pairs), default=float("inf"))


def _checked_difference(curve: Sequence[float], losses: Sequence[float]) -> float:
    """As `_difference`. Raises `NeuralStyleError` if classic is not the notebook's loop."""
    difference = _difference(curve, losses)
    if difference > _SAME:
        raise NeuralStyleError(
            "internal",
            f"The engine's classic is not the notebook's loop: losses differ by {difference:.2g}.",
        )
    return difference


def _timed(curve: Sequence[float], seconds_each: float) -> list[tuple[float, float]]:
    """Curve of seconds and least loss so far, about 200 points."""
    points, least = [], float("inf")
    for iteration, loss in enumerate(curve, start=1):
        least = min(least, loss)
        if iteration % max(1, len(curve) // 200) == 0 or iteration <= 20:
            points.append((iteration * seconds_each, least))
    return points


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)


def _store() -> int:
    """Measure the curve of the built-in pictures and store it where `run` looks for it."""
    parser = argparse.ArgumentParser(description=_store.__doc__)
    parser.add_argument("--iterations", type=int, default=ITERATIONS)
    arguments = parser.parse_args()
    painter = Painter(Home.default().weights)
    picture, example = inputs.content(None, 512), inputs.style(None, 512)
    backbone = described(painter, picture, Settings.of_preset("classic"))["backbone"]
    curve = measured_curve(painter, picture, example, arguments.iterations)
    curves: dict[str, Any] = {**stored_curves(), backbone: [float(f"{x:.6g}") for x in curve]}
    path = Path(__file__).with_name(CURVE)
    path.write_text(json.dumps(curves, separators=(",", ":")) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(_store())
