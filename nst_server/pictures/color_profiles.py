"""ICC profiles: colours to sRGB for the work, and back for the result, at the depth they have."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import ImageCms

Samples = npt.NDArray[np.unsignedinteger[Any]]
"""Height × width × channels, of 8 or 16 bits."""

_SPACES = {b"RGB ": ("rgb", 3), b"GRAY": ("gray", 1), b"CMYK": ("cmyk", 4)}
"""Colour space in a profile's header: its name in the library, its channels."""

_PROBE = np.stack(np.meshgrid(*[np.linspace(0, 255, 6).astype(np.uint8)] * 3), -1).reshape(-1, 6, 3)
"""Colours all over the cube."""


def channels(profile: bytes) -> int:
    """How many channels the profile's colours have; 0 for a profile that is not understood."""
    return _SPACES.get(profile[16:20], ("", 0))[1]


@lru_cache(maxsize=8)
def is_srgb(profile: bytes) -> bool:
    """Whether the profile changes no colour; its name would not tell: there is a linear sRGB."""
    if channels(profile) != 3:
        return False
    seen = _transform(_PROBE, profile, _srgb()).astype(int)
    return bool(np.abs(seen - _PROBE).max() <= 1)


def to_srgb(colors: Samples, profile: bytes) -> Samples:
    """Height × width × 3 in sRGB from colours of ``profile``. Raises `ValueError` if broken."""
    return _transform(colors, profile, _srgb())


def from_srgb(colors: Samples, profile: bytes) -> Samples:
    """Height × width × 3 in ``profile``, one of RGB, from sRGB."""
    return _transform(colors, _srgb(), profile)


@lru_cache(maxsize=1)
def _srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _transform(colors: Samples, source: bytes, target: bytes) -> Samples:
    flags = int(imagecodecs.CMS.FLAGS.BLACKPOINTCOMPENSATION)
    if colors.dtype == np.uint16:
        # Else it interpolates in a table of 33 steps, which is wrong by up to 6 % in the shadows.
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
        raise ValueError(f"the colour profile is broken: {error}") from error
    return transformed
