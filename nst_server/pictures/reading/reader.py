"""The way in for every picture: what kind of file it is, its pixels upright and in sRGB."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from nst_server.pictures import color_profiles
from nst_server.pictures.animation_file import AnimationFile
from nst_server.pictures.metadata import recipe_text
from nst_server.pictures.picture_file import PictureFile
from nst_server.pictures.reading import (
    animation_reader,
    avif,
    camera_raw,
    deep_jpeg,
    jpeg_2000,
    jpeg_xl,
    pillow_reader,
    png_reader,
    radiance,
    tiff_reader,
)
from nst_server.pictures.reading.decoded import (
    DEVELOP,
    EXPORT,
    Decoded,
    NotReadError,
    TooManyPixelsError,
)
from nst_server.pictures.reading.source import contents, name_of
from nst_server.pictures.samples import Samples, upright
from nst_server.values.errors import NeuralStyleError

Value = TypeVar("Value")

_TIFF = b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"
_BY_PILLOW = b"GIF8", b"RIFF", b"BM"

_NOT_READ: tuple[tuple[int, bytes, str], ...] = (
    (0, b"gimp xcf", "is an image of GIMP"),
    (0, b"8BPS", "is a Photoshop file"),
    (0, b"v/1\x01", "is an OpenEXR file"),
    (0, b"SIMPLE  =", "is a FITS file"),
    *((0, b"P" + kind, "is a portable float map") for kind in (b"F\n", b"f\n", b"F\r", b"f\r")),
    (0, b"%PDF", "is a PDF"),
    (0, b"%!PS", "is a PostScript file"),
    (0, b"<svg", "is an SVG drawing"),
    (0, b"<?xml", "is an SVG drawing, or other XML"),
    *((4, b"ftyp" + brand, "is a HEIF picture") for brand in (b"hei", b"hev", b"mif1", b"msf1")),
)
"""Places and bytes by which files are known that others read and this module does not."""


def read(path: Path) -> PictureFile:
    """Read ``path`` as RGB, or RGB and alpha, with the 8 or 16 bits that it has.

    Raises `NeuralStyleError` ``bad-image`` or ``too-large``, whatever is in the file.
    """
    return _understood(path, lambda data: in_srgb(_decode(data, path.suffix)))


def read_animation(path: Path) -> AnimationFile:
    """Read every frame of ``path`` as `read` does; a picture that does not move is one frame.

    Raises `NeuralStyleError` as `read`, and for a damaged frame.
    """
    return _understood(path, lambda data: _animation(data, path.suffix))


def read_counted(path: Path) -> tuple[PictureFile, int]:
    """Read ``path`` as `read` does, and count its frames; 1 for what is no animation."""

    def understand(data: bytes) -> tuple[PictureFile, int]:
        return in_srgb(_decode(data, path.suffix)), animation_reader.frame_count(data)

    return _understood(path, understand)


def read_mask(path: Path, width: int, height: int) -> PictureFile:
    """Read a mask, the brightness of ``path``, and stretch it to the content's size if needed.

    Transparent parts count as black. Raises `NeuralStyleError` ``bad-image`` or ``too-large``.
    """
    return mask_of(read(path), width, height)


def mask_of(picture: PictureFile, width: int, height: int) -> PictureFile:
    """The brightness of a picture, as `read_mask` takes it from a file."""
    seen = picture.image().convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", seen.size, "black"), seen).convert("L")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return PictureFile(np.asarray(image)[..., np.newaxis])


def recipe(path: Path) -> str:
    """Recipe stored in ``path``. Raises `NeuralStyleError` ``bad-image`` if it has none."""
    text = _understood(path, _recipe)
    if text is None:
        raise NeuralStyleError(
            "bad-image",
            f"{name_of(path)} does not say how it was made.",
            "Take a result of nst stylize, as it was written.",
        )
    return text


def _understood(path: Path, understand: Callable[[bytes], Value]) -> Value:
    """The one place that knows what a library may raise for a damaged file: anything."""
    data, name = contents(path), name_of(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return understand(data)
    except NotReadError as error:
        raise NeuralStyleError("bad-image", f"{name} {error.what}.", error.hint) from None
    except UnidentifiedImageError:
        raise NeuralStyleError(
            "bad-image",
            f"{name} is not a picture that can be read.",
            "Take a PNG or JPEG, or open it in GIMP and export it as PNG.",
        ) from None
    except (TooManyPixelsError, Image.DecompressionBombError):
        raise NeuralStyleError(
            "too-large", f"{name} has too many pixels.", "Scale it down."
        ) from None
    except MemoryError:
        raise NeuralStyleError(
            "too-large", f"{name} needs more memory than there is.", "Scale it down."
        ) from None
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        if "unsupported" in reason.lower():
            raise NeuralStyleError(
                "bad-image", f"{name} is of a rare kind ({reason[:200]}).", EXPORT
            ) from None
        raise NeuralStyleError(
            "bad-image", f"{name} is damaged: {reason[:200]}.", "Take another copy of it."
        ) from None


def _decode(data: bytes, ending: str) -> Decoded:
    """Pixels by the decoder for the kind of file, which its first bytes tell."""
    if camera_raw.has_raw_magic(data):
        raise NotReadError("is a camera's raw file", DEVELOP)
    for offset, magic, what in _NOT_READ:
        if data.startswith(magic, offset) and b"avif" not in data[:64]:
            raise NotReadError(f"{what}, which is not read here", EXPORT)
    if data.startswith(_TIFF):
        return tiff_reader.decode(data, ending)
    if data.startswith(png_reader.MAGIC):
        return png_reader.decode(data)
    if data.startswith((jpeg_2000.FILE_MAGIC, jpeg_2000.CODESTREAM_MAGIC)):
        return jpeg_2000.decode(data)
    if data.startswith((jpeg_xl.FILE_MAGIC, jpeg_xl.CODESTREAM_MAGIC)):
        return jpeg_xl.decode(data)
    if data.startswith(radiance.MAGIC):
        return radiance.decode(data)
    if data.startswith(deep_jpeg.MAGIC):
        return deep_jpeg.decode(data) if deep_jpeg.bits(data) > 8 else pillow_reader.decode(data)
    try:
        is_avif = data.startswith(avif.MAGIC, 4)
        return avif.decode(data) if is_avif else pillow_reader.decode(data)
    except UnidentifiedImageError:
        if is_avif or data.startswith(_BY_PILLOW):
            raise ValueError("it is incomplete") from None
        raise


def _animation(data: bytes, ending: str) -> AnimationFile:
    first = _decode(data, ending)
    if animation_reader.frame_count(data) < 2:
        return AnimationFile((in_srgb(first),))
    frames = animation_reader.frames(data, first)
    return AnimationFile(
        tuple(in_srgb(frame.picture) for frame in frames),
        tuple(frame.duration for frame in frames),
        animation_reader.plays(data),
    )


def _recipe(data: bytes) -> str | None:
    with pillow_reader.opened(data) as image:
        image.load()
        return recipe_text(image)


def in_srgb(decoded: Decoded) -> PictureFile:
    """Turn it upright and into sRGB, without a profile that is broken or not for these colors."""
    colors = upright(decoded.colors, decoded.orientation)
    alpha = None if decoded.alpha is None else upright(decoded.alpha, decoded.orientation)
    profile = decoded.profile
    if profile is not None and color_profiles.channels(profile) != colors.shape[2]:
        profile = None
    srgb, original = colors, None
    try:
        if profile is not None and not color_profiles.is_srgb(profile):
            srgb, original = color_profiles.to_srgb(colors, profile), colors
            if colors.shape[2] == 3:  # a scanner's profile may have no way back
                color_profiles.from_srgb(srgb[:1, :1], profile)
    except ValueError:
        srgb, profile, original = colors, None, None
    if srgb.shape[2] == 4:
        srgb = _light_of_inks(srgb)
    if srgb.shape[2] == 1:
        srgb = np.repeat(srgb, 3, 2)
    if colors.shape[2] != 3:  # a result is RGB, which a gray or CMYK profile does not fit
        profile = original = None
    samples = srgb if alpha is None else np.dstack([srgb, alpha])
    lay = decoded.orientation in (5, 6, 7, 8)
    metadata = decoded.metadata.turned() if lay else decoded.metadata
    return PictureFile(np.ascontiguousarray(samples), profile, original, metadata)


def _light_of_inks(inks: Samples) -> Samples:
    """RGB from CMYK without a profile that describes its inks."""
    top = np.iinfo(inks.dtype).max
    light = (top - inks.astype(np.float32)) / top
    return np.asarray(np.rint(light[..., :3] * light[..., 3:] * top), inks.dtype)
