"""ICC profiles: colors to sRGB for painting and back for the result, at their own bit depth."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import imagecodecs
import numpy as np
from PIL import ImageCms

from nst_server.pictures.samples import Samples

_SPACES = {b"RGB ": ("rgb", 3), b"GRAY": ("gray", 1), b"CMYK": ("cmyk", 4)}
"""Name in imagecodecs and number of channels of each color space in a profile's header."""

_PROBE = np.stack(np.meshgrid(*[np.linspace(0, 255, 6).astype(np.uint8)] * 3), -1).reshape(-1, 6, 3)
"""Colors from all over the RGB cube, arranged as a picture."""

_DARKEST_QUARTER = np.arange(64, dtype=np.uint8).repeat(3).reshape(1, 64, 3)
_ENOUGH_LEVELS = 40
"""Least number of the 64 levels in sRGB's darkest quarter; gamma 1.8 has 47, linear light 13."""


class Chromaticities(NamedTuple):
    """White and the primaries of a space of colors, each as x and y."""

    white: tuple[float, float]
    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]


SRGB = Chromaticities((0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
BT_2020 = SRGB._replace(red=(0.708, 0.292), green=(0.170, 0.797), blue=(0.131, 0.046))
DISPLAY_P3 = SRGB._replace(red=(0.680, 0.320), green=(0.265, 0.690), blue=(0.150, 0.060))
_ADOBE_RGB = SRGB._replace(green=(0.21, 0.71))
_ADOBE_GAMMA = 563 / 256


@lru_cache(maxsize=1)
def adobe_rgb() -> bytes:
    """Profile of Adobe RGB (1998)."""
    profile = generated(_ADOBE_GAMMA, _ADOBE_RGB)
    assert profile is not None
    return profile


def generated(
    gamma: float | None, chromaticities: Chromaticities | None, gray: bool = False
) -> bytes | None:
    """A profile of RGB or gray whose light is the numbers to the power of ``gamma``.

    sRGB's curve and primaries stand in for None. Returns None for what no colors can have.
    """
    white, *primaries = chromaticities or SRGB
    try:
        profile: bytes = imagecodecs.cms_profile(
            "gray" if gray else "rgb",
            whitepoint=[*white, 1.0],
            primaries=None if gray else [number for x, y in primaries for number in (x, y, 1.0)],
            transferfunction=_srgb_curve() if gamma is None else None,
            gamma=gamma,
        )
    except (RuntimeError, ValueError):
        return None
    return profile


def _srgb_curve() -> Samples:
    """Light from numbers, IEC 61966-2-1, as a table."""
    numbers = np.linspace(0, 1, 4096)
    light = np.where(numbers <= 0.04045, numbers / 12.92, ((numbers + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.rint(light * 65535), np.uint16)


def channels(profile: bytes) -> int:
    """Number of channels of the profile's colors; 0 for a profile that is not understood."""
    return _SPACES.get(profile[16:20], ("", 0))[1]


@lru_cache(maxsize=8)
def is_srgb(profile: bytes) -> bool:
    """True if the profile changes no color. Its name is no proof: there is a linear sRGB too."""
    if channels(profile) != 3:
        return False
    converted = _transform(_PROBE, profile, _srgb()).astype(int)
    return bool(np.abs(converted - _PROBE).max() <= 1)


def to_srgb(colors: Samples, profile: bytes) -> Samples:
    """Convert colors of ``profile`` to sRGB, height × width × 3. Raises `ValueError` if broken."""
    return _transform(colors, profile, _srgb())


def from_srgb(colors: Samples, profile: bytes) -> Samples:
    """Convert sRGB to the RGB space of ``profile``, height × width × 3."""
    return _transform(colors, _srgb(), profile)


@lru_cache(maxsize=8)
def is_coarse(profile: bytes) -> bool:
    """True if eight bits of an RGB profile have bands in the shadows, as those of linear light."""
    return len(np.unique(from_srgb(_DARKEST_QUARTER, profile))) < _ENOUGH_LEVELS


@lru_cache(maxsize=1)
def _srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _transform(colors: Samples, source: bytes, target: bytes) -> Samples:
    flags = int(imagecodecs.CMS.FLAGS.BLACKPOINTCOMPENSATION)
    if colors.dtype == np.uint16:
        # By default it interpolates in a table of 33 steps, off by up to 6 % in the shadows.
        flags |= imagecodecs.CMS.FLAGS.NOOPTIMIZE
    try:
        transformed: Samples = imagecodecs.cms_transform(
            np.ascontiguousarray(colors[..., 0] if colors.shape[2] == 1 else colors),
            source,
            target,
            colorspace=_SPACES[source[16:20]][0],
            outcolorspace=_SPACES[target[16:20]][0],
            intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
            flags=flags,
        )
    except RuntimeError as error:
        raise ValueError(f"the color profile is broken: {error}") from error
    return transformed
