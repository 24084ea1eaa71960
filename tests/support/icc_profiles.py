"""ICC profiles that are not GIMP's own."""

from __future__ import annotations

import imagecodecs
from PIL import ImageCms


def wide_profile() -> bytes:
    """RGB of larger gamut than sRGB's, with a power for its curve."""
    primaries = [0.68, 0.32, 1, 0.265, 0.69, 1, 0.15, 0.06, 1]
    white = [0.3127, 0.3290, 1.0]
    profile: bytes = imagecodecs.cms_profile(
        "rgb", whitepoint=white, primaries=primaries, gamma=2.2
    )
    return profile


def srgb_of_another_maker() -> bytes:
    """The space of sRGB, but not the bytes of GIMP's own profile."""
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def linear_srgb() -> bytes:
    primaries = [0.64, 0.33, 1, 0.30, 0.60, 1, 0.15, 0.06, 1]
    profile: bytes = imagecodecs.cms_profile(
        "rgb", whitepoint=[0.3127, 0.3290, 1.0], primaries=primaries, gamma=1.0
    )
    return profile
