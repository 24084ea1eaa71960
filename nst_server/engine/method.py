"""The method of a job: network, layers, losses and optimizer, chosen by the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from nst_server.engine.canvas.margin import Resized
from nst_server.engine.compile_ahead import Compiler
from nst_server.engine.network.vgg import Network
from nst_server.engine.objective.stage import Layers
from nst_server.engine.objective.whole import Distance, Objective
from nst_server.engine.optimizers.adam import NOTEBOOK, RELATIVE, Adam
from nst_server.engine.optimizers.lbfgs import PAIRS, PAIRS_NEAR_A_MINIMUM, Lbfgs
from nst_server.engine.optimizers.lbfgs_step import LbfgsStep
from nst_server.engine.optimizers.preconditioner import (
    FEW_STEPS,
    NEAR_A_MINIMUM,
    STROKES,
    Metric,
)
from nst_server.engine.planning import schedule
from nst_server.engine.planning.schedule import Scale
from nst_server.engine.step_program import StepProgram
from nst_server.values.errors import NeuralStyleError
from nst_server.values.settings import (
    Formulation,
    OptimizerName,
    Pooling,
    Settings,
    StyleLossName,
)


class Optimizer(Protocol):
    """Moves a picture by its gradient; what it remembers is in a state."""

    def start(self, picture: tf.Tensor) -> Any:
        """Return the state before the first step."""

    def step(self, state: Any, gradient: list[tf.Tensor], loss: float) -> None:
        """Advance the state, given the gradient and the loss of its ``picture``.

        The gradient is in strips, in a list that may be changed.
        """

    def result(self, state: Any) -> tf.Tensor:
        """Return the best picture so far."""

    def resize(self, state: Any, picture: tf.Tensor, resized: Resized) -> None:
        """Change the state to the start of the next scale, which begins with ``picture``.

        ``resized`` is for pictures in the state that are kept from the previous scale.
        """


def _first_convolutions(*shares: float) -> tuple[tuple[str, float], ...]:
    """Return the first convolution of each block, with shares that sum to one."""
    return tuple(
        (f"block{block}_conv1", share / sum(shares)) for block, share in enumerate(shares, start=1)
    )


LAYERS: dict[Formulation, Layers] = {
    "notebook": Layers((("block5_conv2", 1.0),), _first_convolutions(1, 1, 1, 1, 1)),
    "relative": Layers((("block4_conv2", 1.0),), _first_convolutions(3, 3, 2, 2, 1)),
}
"""Layers with shares. Gatys' content layer, a block before the notebook's, keeps windows and faces
readable; a little more weight on the first blocks gives cleaner strokes."""

CURVATURE_PAIRS: dict[Formulation, int] = {"notebook": PAIRS_NEAR_A_MINIMUM, "relative": PAIRS}
"""Curvature pairs of L-BFGS: for hundreds of iterations, or a few dozen."""


@dataclass(frozen=True)
class MethodKey:
    """Settings that a method depends on; sizes, weights and pictures are not among them."""

    backbone: str
    precision: str
    pooling: Pooling
    formulation: Formulation
    style_loss: StyleLossName
    optimizer: OptimizerName
    layers: Layers
    regions: int

    @classmethod
    def of(cls, settings: Settings, backbone: str, precision: str, regions: int = 1) -> MethodKey:
        """Return the key of ``settings``. Raises `NeuralStyleError` ``bad-settings``."""
        usual = LAYERS[settings.formulation]
        return cls(
            backbone,
            precision,
            settings.pooling,
            settings.formulation,
            settings.style_loss,
            settings.optimizer,
            Layers(
                _layers(settings.content_layers) or usual.content,
                _layers(settings.style_layers) or usual.style,
            ),
            regions,
        )


class ScaleMethod(NamedTuple):
    """The part of a method that depends on the number of levels."""

    objective: Objective
    step: StepProgram | None
    """Whole steps, of pictures in one piece; None for Adam."""


@dataclass(frozen=True)
class Method:
    """Objectives with the optimizer that suits their units."""

    at: Callable[[int], ScaleMethod]
    """Takes a number of levels. Each is made once."""
    adam: Adam | None
    """None for L-BFGS, which keeps nothing between jobs."""
    formulation: Formulation

    @classmethod
    def build(cls, key: MethodKey, weights_file: Path, compiler: Compiler) -> Method:
        """Load the network. Raises `NeuralStyleError` ``weights-missing`` or ``bad-settings``."""
        relative = key.formulation == "relative"
        network = Network(
            key.backbone,
            weights_file,
            key.layers.names,
            pooling=key.pooling,
            padding="replicate" if relative else "zeros",
            precision=key.precision,
        )
        distance = Distance(relative, key.style_loss)

        @cache
        def at(levels: int) -> ScaleMethod:
            objective = Objective(network, key.layers.in_levels(levels), distance, key.regions)
            if key.optimizer == "adam":
                return ScaleMethod(objective, None)
            optimizer = LbfgsStep(pairs=CURVATURE_PAIRS[key.formulation])
            step = StepProgram(objective, optimizer, compiler)
            return ScaleMethod(objective, step)

        adam = Adam(RELATIVE if relative else NOTEBOOK) if key.optimizer == "adam" else None
        return cls(at, adam, key.formulation)

    def optimizer(self, settings: Settings, scale: Scale) -> Optimizer:
        """The optimizer of one scale; a picture that wraps is moved on a torus."""
        if self.adam is not None:
            return self.adam
        pairs, metric = CURVATURE_PAIRS[self.formulation], self.metric(scale)
        return Lbfgs(pairs=pairs, metric=metric, wraps=settings.seamless)

    def metric(self, scale: Scale) -> Metric:
        """The metric in which L-BFGS moves pictures of a scale."""
        if self.formulation == "notebook":
            return NEAR_A_MINIMUM
        return FEW_STEPS if scale.is_hurried else STROKES

    @property
    def may_settle(self) -> bool:
        """True if a scale may end early, when its loss hardly falls.

        Adam's losses go up and down, and the notebook's formulation makes as many iterations as
        the notebook.
        """
        return self.adam is None and self.formulation == "relative"

    def counts_last_step(self, scale: Scale) -> bool:
        """True if a painting ends where its last step leads, though nobody knows that loss.

        In a draft each step at the finest scale is a tenth of the distance from the style, and
        one of several hundred goes wrong.
        """
        return self.may_settle and scale.is_finest and scale.is_hurried

    def weights(self, settings: Settings) -> tf.Tensor:
        """Weights of the terms, in the order of `TERMS`."""
        return tf.constant(schedule.term_weights(settings), tf.float32)


def _layers(named: str) -> tuple[tuple[str, float], ...]:
    """Read ``block1_conv1:2,block2_conv1`` as names with shares that sum to one; may be empty."""
    pairs = [entry.partition(":") for entry in named.replace(" ", "").split(",") if entry]
    try:
        shares = [(name, float(weight or 1)) for name, _, weight in pairs]
    except ValueError:
        raise NeuralStyleError(
            "bad-settings",
            "{text} does not name layers with weights.",
            "Write them as block1_conv1:2,block2_conv1.",
            text=repr(named),
        ) from None
    total = sum(share for _, share in shares)
    if any(not share >= 0 for _, share in shares) or (shares and not 0 < total < float("inf")):
        raise NeuralStyleError(
            "bad-settings",
            "The weights in {text} must be positive.",
            "Give at least one layer a weight over 0.",
            text=repr(named),
        )
    return tuple((name, share / total) for name, share in shares)
