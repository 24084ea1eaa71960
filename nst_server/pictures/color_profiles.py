"""ICC profiles: colors to sRGB for painting and back for the result, at their own bit depth."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import ImageCms

Samples = npt.NDArray[np.unsignedinteger[Any]]
"""Pixels as height × width × channels, of 8 or 16 bits."""

_SPACES = {b"RGB ": ("rgb", 3), b"GRAY": ("gray", 1), b"CMYK": ("cmyk", 4)}
"""Name in imagecodecs and number of channels of each color space in a profile's header."""

_PROBE = np.stack(np.meshgrid(*[np.linspace(0, 255, 6).astype(np.uint8)] * 3), -1).reshape(-1, 6, 3)
"""Colors from all over the RGB cube, arranged as a picture."""


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
