"""Colors in OKLab (Ottosson 2020): lightness from one picture, hue and chroma from another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nst_server.engine.canvas.picture import Array, Picture

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_FROM_LMS = np.linalg.inv(_TO_LMS.astype(np.float64)).astype(np.float32)
_FROM_LAB = np.linalg.inv(_TO_LAB.astype(np.float64)).astype(np.float32)

_GAMUT_STEPS = 10
"""Bisections of chroma, down to a thousandth."""


def linear_from_srgb(encoded: Array) -> Array:
    """Linear light from sRGB-encoded values in [0, 1] (IEC 61966-2-1)."""
    low = encoded <= 0.04045
    return np.where(low, encoded / 12.92, ((np.maximum(encoded, 0) + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(linear: Array) -> Array:
    """sRGB-encoded values from linear light."""
    positive = np.maximum(linear, 0)
    return np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * positive ** np.float32(1 / 2.4) - 0.055
    )


def oklab_from_srgb(rgb: Array) -> Array:
    """OKLab (… × 3: lightness in [0, 1], a, b) from sRGB in [0, 1]."""
    return np.cbrt(linear_from_srgb(rgb) @ _TO_LMS.T) @ _TO_LAB.T


def linear_from_oklab(lab: Array) -> Array:
    """Linear RGB from OKLab; outside [0, 1] where sRGB has no such color."""
    return ((lab @ _FROM_LAB.T) ** 3) @ _FROM_LMS.T


def with_chroma_of(lightness: Array, chroma: Array) -> Array:
    """Combine one picture's lightness with another's hue and chroma (height × width × 3 each).

    A color that sRGB does not have at that lightness loses chroma until sRGB has it. Hue and
    lightness are kept, where clipping each channel would shift both.
    """
    # Row by row, so that a large picture takes little more memory.
    result = np.empty_like(lightness)
    for row, *pair in zip(result, lightness, chroma, strict=True):
        row[...] = _with_chroma_of(*pair)
    return result


def _with_chroma_of(lightness: Array, chroma: Array) -> Array:
    lab = oklab_from_srgb(chroma)
    lab[..., 0] = oklab_from_srgb(lightness)[..., 0]
    low = np.zeros_like(lab[..., :1])
    high = np.ones_like(low)
    for step in range(_GAMUT_STEPS):
        share = high if step == 0 else (low + high) / 2
        linear = linear_from_oklab(lab * np.concatenate([np.ones_like(low), share, share], -1))
        inside = ((linear >= -1e-4) & (linear <= 1 + 1e-4)).all(-1, keepdims=True)
        low = np.where(inside, share, low)
        high = np.where(inside, high, share)
    lab[..., 1:] *= low
    return np.clip(srgb_from_linear(linear_from_oklab(lab)), 0, 1).astype(np.float32)


def matched_palette(style: Picture, content: Picture) -> Array:
    """Return ``style`` with the mean and covariance of the colors of ``content``.

    The map is the affine one that moves colors the least (Gatys et al., "Controlling Perceptual
    Factors", 2017, section 5.2, with the optimal transport between Gaussians for the map). Values
    outside [0, 1] are clipped.
    """
    style_mean, style_covariance = _palette(style)
    content_mean, content_covariance = _palette(content)
    root = _root(style_covariance)
    inverse = np.linalg.inv(root)
    transport = inverse @ _root(root @ content_covariance @ root) @ inverse
    matched = (style.rgb - style_mean) @ transport + content_mean
    return np.clip(matched, 0, 1).astype(np.float32)


def _palette(picture: Picture) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean and covariance of the colors, weighted by opacity; never quite singular."""
    total, first, second = 0.0, np.zeros(3), np.zeros((3, 3))
    for row, line in enumerate(picture.rgb):  # row by row, as above
        colors = line.astype(np.float64)
        weights = np.ones(len(colors)) if picture.alpha is None else picture.alpha[row]
        total += weights.sum()
        first += weights @ colors
        second += (colors.T * weights) @ colors
    mean = first / total
    return mean, second / total - np.outer(mean, mean) + 1e-5 * np.eye(3)


def _root(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)
