"""The preset ``classic`` is the notebook's algorithm: against two implementations of its own kind.

Neither shares a line with the engine: one is TensorFlow, eager, the other NumPy in float64.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from nst_server.engine.canvas.picture import Picture, Style
from nst_server.engine.painter import Painter
from nst_server.values.settings import Settings
from tests.support.landscapes import landscape

pytestmark = pytest.mark.engine

SIDE = 128
STEPS = 10
STYLE_LAYERS = ("11", "21", "31", "41", "51")
CONTENT_LAYER = "52"
MEANS_BGR = np.array([103.939, 116.779, 123.68])

Kernels = dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]


@pytest.fixture(scope="module")
def kernels(vgg16_file: Path) -> Kernels:
    found: Kernels = {}
    with h5py.File(vgg16_file) as file:
        for block, count in ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3)):
            for layer in range(count):
                name = "conv2d" if layer == 0 else f"conv2d_{layer}"
                values = file[f"block{block}"]["layers"][name]["vars"]
                found[f"{block}{layer + 1}"] = (values["0"][()], values["1"][()])
    return found


@pytest.fixture(scope="module")
def pair() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    return landscape(SIDE, SIDE, seed=1), landscape(SIDE, SIDE, seed=2)


@pytest.fixture(scope="module")
def losses(painter: Painter, pair: tuple[npt.NDArray[np.float32], ...]) -> list[dict[str, float]]:
    """What the engine tells of its first steps."""
    content, style = pair
    settings = Settings.of_preset("classic", iterations=STEPS, backbone="vgg16")
    iterates = painter.stylize(Picture(content), [Style(Picture(style))], settings)
    return [{"total": i.progress.loss, **i.progress.terms} for i in iterates]


def notebook_losses(kernels: Kernels, content: tf.Tensor, style: tf.Tensor) -> list[float]:
    """The notebook, written down again: eager, float32, Adam as TensorFlow 1 had it."""

    def caffe(rgb: tf.Tensor) -> tf.Tensor:
        return tf.reverse(rgb * 255.0, [-1])[None] - tf.constant(MEANS_BGR, tf.float32)

    def network(x: tf.Tensor) -> dict[str, tf.Tensor]:
        maps = {}
        for name, (kernel, bias) in kernels.items():
            if name.endswith("1") and name != "11":
                x = tf.nn.max_pool2d(x, 2, 2, "VALID")
            x = tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)
            maps[name] = x
        return maps

    def gram(maps: tf.Tensor) -> tf.Tensor:
        flat = tf.reshape(maps, [-1, maps.shape[-1]])
        return tf.matmul(flat, flat, transpose_a=True) / flat.shape[0]

    content_target = network(caffe(content))[CONTENT_LAYER]
    style_targets = {name: gram(network(caffe(style))[name]) for name in STYLE_LAYERS}
    image = caffe(content)
    first, second = tf.zeros_like(image), tf.zeros_like(image)
    means = tf.constant(MEANS_BGR, tf.float32)
    history = []
    for step in range(1, STEPS + 1):
        with tf.GradientTape() as tape:
            tape.watch(image)
            maps = network(image)
            style_score = tf.add_n(
                [
                    tf.reduce_mean((gram(maps[name]) - style_targets[name]) ** 2) / 5
                    for name in STYLE_LAYERS
                ]
            )
            content_score = tf.reduce_mean((maps[CONTENT_LAYER] - content_target) ** 2)
            loss = 1e-2 * style_score + 1e3 * content_score
        gradient = tape.gradient(loss, image)
        first = 0.99 * first + 0.01 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        rate = 5.0 * np.sqrt(1 - 0.999**step) / (1 - 0.99**step)
        image = image - rate * first / (tf.sqrt(second) + 1e-1)
        image = tf.clip_by_value(image, -means, 255.0 - means)
        history.append(float(loss))
    return history


def test_first_losses_are_the_notebooks(
    kernels: Kernels,
    pair: tuple[npt.NDArray[np.float32], ...],
    losses: list[dict[str, float]],
) -> None:
    expected = notebook_losses(kernels, *(tf.constant(picture) for picture in pair))
    assert len(losses) == STEPS
    np.testing.assert_allclose([loss["total"] for loss in losses], expected, rtol=1e-4)
    assert expected[-1] < 0.97 * expected[0], "the steps must have moved the picture"


def float64_maps(kernels: Kernels, rgb: npt.NDArray[np.float32]) -> dict[str, np.ndarray]:
    x = rgb.astype(np.float64)[..., ::-1] * 255 - MEANS_BGR
    maps = {}
    for name, (kernel, bias) in kernels.items():
        if name.endswith("1") and name != "11":
            height, width, channels = x.shape
            x = x.reshape(height // 2, 2, width // 2, 2, channels).max((1, 3))
        padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))
        # windows: height × width × in × 3 × 3, kernels: 3 × 3 × in × out
        sums = np.tensordot(windows, kernel.astype(np.float64), ([3, 4, 2], [0, 1, 2]))
        x = np.maximum(sums + bias, 0)
        maps[name] = x
    return maps


def test_losses_are_those_of_float64(
    kernels: Kernels,
    pair: tuple[npt.NDArray[np.float32], ...],
    painter: Painter,
    losses: list[dict[str, float]],
) -> None:
    content, style = pair
    # A painting that is neither content nor style, so that both losses are far from zero.
    settings = Settings.of_preset("classic", iterations=1, backbone="vgg16", init="noise", seed=3)
    (iterate,) = painter.stylize(Picture(content), [Style(Picture(style))], settings)
    start = tf.clip_by_value(
        tf.reduce_mean(content, [0, 1], keepdims=True)
        + 0.2 * tf.random.stateless_normal([1, SIDE, SIDE, 1], seed=(3, 0)),
        0,
        1,
    )[0].numpy()

    def gram(maps: np.ndarray) -> np.ndarray:
        flat = maps.reshape(-1, maps.shape[-1])
        return np.asarray(flat.T @ flat / len(flat), np.float64)

    painted, original, styled = (float64_maps(kernels, x) for x in (start, content, style))
    style_loss = 1e-2 * np.mean(
        [np.mean((gram(painted[name]) - gram(styled[name])) ** 2) for name in STYLE_LAYERS]
    )
    content_loss = 1e3 * np.mean((painted[CONTENT_LAYER] - original[CONTENT_LAYER]) ** 2)
    np.testing.assert_allclose(iterate.progress.terms["style"], style_loss, rtol=1e-5)
    np.testing.assert_allclose(iterate.progress.terms["content"], content_loss, rtol=1e-5)


def test_result_is_the_picture_of_the_least_loss(
    painter: Painter, pair: tuple[npt.NDArray[np.float32], ...]
) -> None:
    content, style = pair
    settings = Settings.of_preset("classic", iterations=12, backbone="vgg16")
    iterates = list(painter.stylize(Picture(content), [Style(Picture(style))], settings))
    best = min(range(len(iterates)), key=lambda index: iterates[index].progress.loss)
    np.testing.assert_array_equal(iterates[-1].result(), iterates[best].result())
