"""Quality of results in numbers: distance from the style and the content, and cleanness.

The judge uses other layers of the network than the optimizer does by default, but for block4_conv2,
since on its own layers the optimizer always does well. Everything is relative to the style, the
content or the result's own interior, so that pictures of any size are comparable.
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
"""None of the judge's layers is the optimizer's, except block4_conv2, which it uses for content."""

LONGEST = 512
"""Longest side at which the network sees a picture by default."""

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_FRAME = 0.03
"""Width of the border, as a fraction of the shorter side."""
_NOTHING = 1e-8
"""A thousandth of the energy of one step of eight bits; it makes 0 / 0 equal to 1."""


@dataclass(frozen=True)
class Quality:
    """Quality figures of one result."""

    gram_distance: float
    """Distance of the Gram matrices, relative to the style's: 0 is the style."""
    wasserstein_distance: float
    """Distance of the feature distributions, relative to the style's power: about 0 is equal."""
    content_distance: float
    """1 − cosine of the features at each position: 0 is the content, 1 has nothing of it."""
    noise_ratio: float
    """Energy of the finest grain, relative to the style's."""
    border_ratio: float
    """Energy of the gradient in the border, relative to the interior's."""
    seam_ratio: float
    """Step from each side to the opposite one, relative to the interior's: 1 tiles seamlessly."""

    @property
    def style_distance(self) -> float:
        """Mean of the two distances from the style."""
        return (self.gram_distance + self.wasserstein_distance) / 2


class Judge:
    """VGG16 in float32, which judges all results in the same way."""

    def __init__(self, home_weights: Path, longest: int = LONGEST) -> None:
        """Load the network. Raises `NeuralStyleError` ``weights-missing``."""
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
        """Judge ``result``, of any size; all ``styles`` count equally."""
        content_size, result_size = self._looked_at(content), self._looked_at(result)
        features = self._features(result, result_size)
        gram, transport = _style_distances(
            self._moments(result, result_size, features),
            [
                self._moments(style, schedule.style_size(style.size, result_size, 1.0))
                for style in styles
            ],
        )
        at_content_size = (
            features if result_size == content_size else self._features(result, content_size)
        )
        painted = fill_transparent(result)
        return Quality(
            gram,
            transport,
            _content_distance(self._features(content, content_size), at_content_size),
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
        """Size at which the network sees ``picture``; the figures depend on it."""
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
        """Moments of the opaque part at each style layer."""
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
    """Distance of the Gram matrices and Wasserstein distance, each a mean over the layers."""
    grams, transports = [], []
    for number, measured in enumerate(result):
        target = blend((style[number], 1.0) for style in styles)
        difference = tf.reduce_sum(tf.square(measured.gram - target.gram))
        grams.append(float(difference / tf.reduce_sum(tf.square(target.gram))))
        transports.append(max(0.0, float(wasserstein(measured, target, style_root(target)))))
    return float(np.mean(grams)), float(np.mean(transports))


def _content_distance(content: dict[str, tf.Tensor], result: dict[str, tf.Tensor]) -> float:
    distances = []
    for layer in CONTENT_LAYERS:
        directions = [tf.math.l2_normalize(maps[layer], -1) for maps in (content, result)]
        cosine = tf.reduce_sum(directions[0] * directions[1], -1)
        distances.append(float(1.0 - tf.reduce_mean(cosine)))
    return max(0.0, float(np.mean(distances)))


def noise_ratio(result: Array, styles: Sequence[Array]) -> float:
    """Energy that a blur over three pixels removes, relative to the mean of the styles'."""
    target = float(np.mean([_grain(style) for style in styles]))
    return (_grain(result) + _NOTHING) / (target + _NOTHING)


def border_ratio(result: Array) -> float:
    """Energy of the gradient in a frame along the border, relative to the interior's.

    A frame painted dark or bright has additional edges and more energy; a frame left gray has
    less.
    """
    across, down = _steps(result)
    energy = np.square(across[1:]) + np.square(down[:, 1:])
    frame = max(2, round(min(energy.shape) * _FRAME))
    inside = energy[frame:-frame, frame:-frame]
    border = (energy.sum() - inside.sum()) / (energy.size - inside.size)
    return float((border + _NOTHING) / (inside.mean() + _NOTHING))


def seam_ratio(result: Array) -> float:
    """Mean step from each side to the opposite one, relative to that between neighbors."""
    across, down = _steps(result)
    light = result @ _LUMINANCE
    around = np.concatenate([light[:, 0] - light[:, -1], light[0] - light[-1]])
    inside = np.concatenate([across.ravel(), down.ravel()])
    return float((np.abs(around).mean() + _NOTHING) / (np.abs(inside).mean() + _NOTHING))


def _steps(picture: Array) -> tuple[Array, Array]:
    """Differences in luminance from each pixel to the next, across and down."""
    light = picture @ _LUMINANCE
    return np.diff(light, axis=1), np.diff(light, axis=0)


def _grain(picture: Array) -> float:
    light = picture @ _LUMINANCE
    blurred = (light[:-2] + 2 * light[1:-1] + light[2:]) / 4
    blurred = (blurred[:, :-2] + 2 * blurred[:, 1:-1] + blurred[:, 2:]) / 4
    return float(np.mean(np.square(light[1:-1, 1:-1] - blurred)))
