"""Pictures in the forms that Python programs have: Pillow images, arrays and paths."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from nst_server.pictures.picture_file import PictureFile, image_of
from nst_server.pictures.reading import reader
from nst_server.pictures.reading.decoded import Decoded
from nst_server.pictures.samples import eight_bits
from nst_server.values.errors import NeuralStyleError

Array: TypeAlias = npt.NDArray[Any]
ImageOrPath: TypeAlias = "Image.Image | str | os.PathLike[str]"
Picture: TypeAlias = "ImageOrPath | Array"
"""A Pillow image, the path of a file, or an array: height × width, or height × width × 1 to 4
channels (gray, gray and alpha, RGB, RGB and alpha), of uint8, uint16, or floats of 0 to 1."""

_AS_THEY_ARE = {"L", "LA", "RGB", "RGBA", "I;16"}
"""Modes of Pillow whose results have the same mode."""
_BY_WAY_OF_RGB = {"1", "P", "PA", "CMYK", "YCbCr", "HSV", "RGBX", "RGBa", "La"}
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_MOST = 2.0
"""Largest float of a picture that is still taken for one of 0 to 1 with overshoots."""


def taken(picture: Picture) -> tuple[PictureFile, Callable[[Array], Any]]:
    """Return a picture as it is painted, and what gives a result the form that it came in.

    Raises `NeuralStyleError` ``bad-image`` or ``too-large``.
    """
    if isinstance(picture, Image.Image):
        image = _plain_mode(picture)
        array = np.asarray(image)
        profile = picture.info.get("icc_profile") if image.mode == picture.mode else None
        return _decoded(array, profile), lambda samples: _image(_in_form(samples, array))
    if isinstance(picture, np.ndarray):
        samples = _painted_type(picture)
        return _decoded(samples), lambda result: _in_form(result, samples).astype(picture.dtype)
    try:
        path = Path(os.fspath(picture))
    except TypeError:
        raise NeuralStyleError(
            "bad-image",
            "A picture is a Pillow image, an array or a path, not {kind}.",
            kind=type(picture).__name__,
        ) from None
    return reader.read(path), lambda samples: image_of(eight_bits(samples))


def taken_mask(picture: Picture, width: int, height: int) -> PictureFile:
    """Return the brightness of a picture, stretched to that size. Raises as `taken`."""
    if isinstance(picture, np.ndarray) and picture.dtype == np.bool_:
        picture = picture.astype(np.uint8) * np.uint8(255)
    mask, _ = taken(picture)
    if mask.samples.dtype.kind == "f":
        whole = np.rint(np.clip(np.nan_to_num(mask.samples), 0, 1) * 255).astype(np.uint8)
        mask = PictureFile(whole)
    return reader.mask_of(mask, width, height)


def _plain_mode(image: Image.Image) -> Image.Image:
    if image.mode in _AS_THEY_ARE:
        return image
    if image.mode in _BY_WAY_OF_RGB:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    raise NeuralStyleError(
        "bad-image",
        "A Pillow image of mode {mode} is not understood.",
        "Convert it to RGB first.",
        mode=image.mode,
    )


def _painted_type(array: Array) -> Array:
    """Samples of a type that is painted. Raises ``bad-image``."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise NeuralStyleError(
            "bad-image",
            "An array of the shape {shape} is no picture.",
            "It is height × width, or height × width × 1 to 4 channels.",
            shape="×".join(map(str, array.shape)) or "()",
        )
    if array.dtype.kind == "u" and array.dtype.itemsize <= 2:
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind != "f":
        raise NeuralStyleError(
            "bad-image",
            "An array of {kind} is not understood.",
            "Take uint8, uint16, or floats of 0 to 1.",
            kind=array.dtype.name,
        )
    floats = array.astype(np.float32)
    if floats.size and np.nanmax(floats, initial=0) > _MOST:
        raise NeuralStyleError(
            "bad-image",
            "The floats of a picture go from 0 to 1, but these go up to {most}.",
            "Divide them by the number that is white.",
            most=f"{np.nanmax(floats):g}",
        )
    return floats


def _decoded(array: Array, profile: bytes | None = None) -> PictureFile:
    samples = array[..., np.newaxis] if array.ndim == 2 else array
    channels = samples.shape[2]
    colors = 1 if channels <= 2 else 3
    alpha = samples[..., colors] if channels in (2, 4) else None
    return reader.in_srgb(Decoded(samples[..., :colors], alpha, profile))


def _in_form(samples: Array, like: Array) -> Array:
    """A result, RGB or RGB and alpha, with the channels of ``like``: what is gray stays gray."""
    if like.ndim == 3 and like.shape[2] >= 3:
        return samples
    gray = samples[..., :3] @ _LUMA
    gray = gray.astype(like.dtype) if like.dtype.kind == "f" else np.rint(gray).astype(like.dtype)
    if like.ndim == 2:
        return gray
    return np.concatenate([gray[..., np.newaxis], samples[..., 3:]], 2)


def _image(samples: Array) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(samples))
