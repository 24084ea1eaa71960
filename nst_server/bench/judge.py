"""Judging results by numbers: how near to the style and the content, how clean.

The network's layers are others than those that the optimiser uses by default: who is judged by
what he was taught for passes always. Everything is a ratio to the style, the content or the
result's own interior, so that pictures of any size compare.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # errors come as exceptions

import numpy as np
import tensorflow as tf

from nst_server.engine.canvas.picture import (
    Array,
    Picture,
    fill_transparent,
    resize,
    shrink_weight,
)
from nst_server.engine.losses.moments import Moments, blend, moments
from nst_server.engine.losses.wasserstein import style_root, wasserstein
from nst_server.engine.network.vgg import Network
from nst_server.engine.planning import schedule
from nst_server.host import weight_files

STYLE_LAYERS = tuple(f"block{block}_conv2" for block in range(1, 6))
CONTENT_LAYERS = ("block3_conv3", "block4_conv3")
"""All of these are looked at behind the optimiser's back, but for its content's block4_conv2."""

LONGEST = 512
"""Side at which the network looks, unless another is asked for."""

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_FRAME = 0.03
"""Of the shorter side, how much is border."""
_NOTHING = 1e-8
"""A thousandth of what one step of eight bits has: nothing by nothing is one."""


@dataclass(frozen=True)
class Quality:
    """What is known of one result."""

    gram_distance: float
    """Of the Gram matrices, in parts of the style's own: 0 is the style."""
    wasserstein_distance: float
    """Of the distributions of features, in parts of the style's power: about 0 is the style."""
    content_distance: float
    """1 − cosine of the features, place by place: 0 is the content, 1 has nothing of it."""
    noise_ratio: float
    """Energy of the finest grain, in parts of the style's."""
    border_ratio: float
    """Energy of the gradient within the border, in parts of the interior's."""
    seam_ratio: float
    """Step from each side to the opposite one, in parts of the interior's: 1 tiles."""

    @property
    def style_distance(self) -> float:
        """Both distances from the style, alike."""
        return (self.gram_distance + self.wasserstein_distance) / 2


class Judge:
    """VGG16 in float32, with which all results are looked at alike."""

    def __init__(self, home_weights: Path, longest: int = LONGEST) -> None:
        """Raises `NeuralStyleError` ``weights-missing``."""
        self._longest = longest
        self._network = Network(
            "vgg16",
            weight_files.find("vgg16", home_weights)[1],
            [*STYLE_LAYERS, *CONTENT_LAYERS],
            pooling="max",
            padding="replicate",
            precision="float32",
        )

    def judge(self, content: Picture, styles: Sequence[Picture], result: Picture) -> Quality:
        """How good ``result`` is, of whatever size; ``styles`` count alike."""
        size, own = self._looked_at(content), self._looked_at(result)
        seen = self._features(result, own)
        gram, transport = _style_distances(
            self._moments(result, own, seen),
            [self._moments(style, schedule.style_size(style.size, own, 1.0)) for style in styles],
        )
        laid_over = seen if own == size else self._features(result, size)
        painted = fill_transparent(result)
        return Quality(
            gram,
            transport,
            _content_distance(self._features(content, size), laid_over),
            noise_ratio(
                painted,
                [
                    resize(
                        fill_transparent(style),
                        *schedule.style_size(style.size, result.size, 1.0),
                    )[0].numpy()
                    for style in styles
                ],
            ),
            border_ratio(painted),
            seam_ratio(painted),
        )

    def _looked_at(self, picture: Picture) -> tuple[int, int]:
        """The size at which the network sees ``picture``; what it tells depends on it."""
        return schedule.size_to_fit(*picture.size, min(max(picture.size), self._longest))

    def _features(self, picture: Picture, size: tuple[int, int]) -> dict[str, tf.Tensor]:
        maps = self._network(resize(fill_transparent(picture), *size))
        return dict(zip((*STYLE_LAYERS, *CONTENT_LAYERS), maps, strict=True))

    def _moments(
        self,
        picture: Picture,
        size: tuple[int, int],
        features: dict[str, tf.Tensor] | None = None,
    ) -> list[Moments]:
        """Statistics of the opaque part at each style layer."""
        features = features or self._features(picture, size)

        def opaque(layer: str) -> tf.Tensor | None:
            if picture.alpha is None:
                return None
            height, width = features[layer].shape[1:3]
            return shrink_weight(picture.alpha, width, height)

        return [moments(features[layer], opaque(layer)) for layer in STYLE_LAYERS]


def _style_distances(
    result: Sequence[Moments], styles: Sequence[Sequence[Moments]]
) -> tuple[float, float]:
    """Mean over the layers of the Gram matrices' distance and of Wasserstein's."""
    grams, transports = [], []
    for number, measured in enumerate(result):
        wanted = blend((style[number], 1.0) for style in styles)
        difference = tf.reduce_sum(tf.square(measured.gram - wanted.gram))
        grams.append(float(difference / tf.reduce_sum(tf.square(wanted.gram))))
        transports.append(max(0.0, float(wasserstein(measured, wanted, style_root(wanted)))))
    return float(np.mean(grams)), float(np.mean(transports))


def _content_distance(content: dict[str, tf.Tensor], result: dict[str, tf.Tensor]) -> float:
    distances = []
    for layer in CONTENT_LAYERS:
        directions = [tf.math.l2_normalize(maps[layer], -1) for maps in (content, result)]
        cosine = tf.reduce_sum(directions[0] * directions[1], -1)
        distances.append(float(1.0 - tf.reduce_mean(cosine)))
    return max(0.0, float(np.mean(distances)))


def noise_ratio(result: Array, styles: Sequence[Array]) -> float:
    """Energy of what a blur over three pixels takes away, in parts of the mean of the styles'."""
    wanted = float(np.mean([_grain(style) for style in styles]))
    return (_grain(result) + _NOTHING) / (wanted + _NOTHING)


def border_ratio(result: Array) -> float:
    """Energy of the gradient within a frame along the border, in parts of the interior's.

    A frame that was painted dark or bright has edges of its own and more energy; one that was
    left gray has less.
    """
    across, down = _steps(result)
    energy = np.square(across[1:]) + np.square(down[:, 1:])
    frame = max(2, round(min(energy.shape) * _FRAME))
    inside = energy[frame:-frame, frame:-frame]
    border = (energy.sum() - inside.sum()) / (energy.size - inside.size)
    return float((border + _NOTHING) / (inside.mean() + _NOTHING))


def seam_ratio(result: Array) -> float:
    """Mean step from each side to the opposite one, in parts of that between neighbours."""
    across, down = _steps(result)
    light = result @ _LUMINANCE
    around = np.concatenate([light[:, 0] - light[:, -1], light[0] - light[-1]])
    inside = np.concatenate([across.ravel(), down.ravel()])
    return float((np.abs(around).mean() + _NOTHING) / (np.abs(inside).mean() + _NOTHING))


def _steps(picture: Array) -> tuple[Array, Array]:
    """Luminance from each pixel to the next, across and down."""
    light = picture @ _LUMINANCE
    return np.diff(light, axis=1), np.diff(light, axis=0)


def _grain(picture: Array) -> float:
    light = picture @ _LUMINANCE
    blurred = (light[:-2] + 2 * light[1:-1] + light[2:]) / 4
    blurred = (blurred[:, :-2] + 2 * blurred[:, 1:-1] + blurred[:, 2:]) / 4
    return float(np.mean(np.square(light[1:-1, 1:-1] - blurred)))
