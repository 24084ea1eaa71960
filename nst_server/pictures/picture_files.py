"""Read and write picture files with their orientation, color profile, depth and transparency."""

from __future__ import annotations

import io
import os
import secrets
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from nst_server.pictures import color_profiles, sixteen_bit
from nst_server.pictures.color_profiles import Samples
from nst_server.pictures.metadata import RECIPE, Metadata, orientation, recipe_text
from nst_server.values.errors import NeuralStyleError
from nst_server.values.job import PictureShape
from nst_server.values.limits import MAXIMUM_PIXELS

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "AVIF", "GIF", "BMP", "JPEG2000", "TGA", "PPM")
"""Pillow's names of the formats for results; its other formats hold two colors, or an icon."""

_LONGEST = {"WEBP": 16383, "AVIF": 32768, "JPEG": 65500}
"""Longest side in formats that allow less than a job; Pillow writes a longer AVIF, unreadable."""

_TRANSPARENT_FORMATS = {"PNG", "TIFF", "WEBP", "AVIF", "GIF", "JPEG2000", "TGA"}
"""Formats that hold alpha; in all others the result is laid on white."""

_MODES = {1: "L", 3: "RGB", 4: "CMYK"}
"""Pillow's mode for each number of color channels."""


@dataclass(frozen=True)
class PictureFile:
    """A picture from a file: upright samples in sRGB, and what the result takes over."""

    samples: Samples
    """Height × width × channels: 1 for a mask, 3 for RGB, 4 for RGB with straight alpha."""
    profile: bytes | None = None
    """ICC profile of the result; None for sRGB without a profile."""
    original: Samples | None = None
    """The colors as they are in `profile`; None if that is sRGB."""
    metadata: Metadata = field(default_factory=Metadata)

    @cached_property
    def shape(self) -> PictureShape:
        """Size, channels and sample type, as a job states them."""
        height, width, channels = self.samples.shape
        return PictureShape(width, height, channels, self.samples.dtype.name)

    @cached_property
    def pixels(self) -> memoryview:
        """Bytes of the samples, which are sent with a job."""
        return np.ascontiguousarray(self.samples).data.cast("B")

    def image(self) -> Image.Image:
        """The picture in eight bits, for display."""
        return _image(_eight_bits(self.samples))


def read(path: Path) -> PictureFile:
    """Read ``path`` as RGB, or RGB and alpha, with the 8 or 16 bits that it has.

    Raises `NeuralStyleError` ``bad-image`` if it is not a picture.
    """
    return _read_deep(path) or _read_shallow(_open(path))


def read_mask(path: Path, width: int, height: int) -> PictureFile:
    """Read a mask, the brightness of ``path``, and stretch it to the content's size if needed.

    Transparent parts count as black.

    Raises `NeuralStyleError` ``bad-image``.
    """
    picture = read(path).image().convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", picture.size, "black"), picture).convert("L")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return PictureFile(np.asarray(image)[..., np.newaxis])


def plain(width: int, height: int, picture: PictureFile) -> PictureFile:
    """A picture of the given size, filled with the mean color of ``picture``."""
    premultiplied = picture.image().convert("RGBA").convert("RGBa")
    mean = premultiplied.resize((1, 1), Image.Resampling.BOX).convert("RGBA").convert("RGB")
    return PictureFile(np.tile(np.asarray(mean), (height, width, 1)))


def blend(content: PictureFile, result: Any, mask: PictureFile | None) -> Samples:
    """Lay the result (bytes, or samples) over the content, through the mask."""
    before = content.samples
    painted = np.frombuffer(result, before.dtype).reshape(before.shape)
    if mask is None:
        return painted
    amount = mask.samples[..., 0]
    blended = np.where((amount == 255)[..., np.newaxis], painted, before)
    soft = (amount > 0) & (amount < 255)
    share = amount[soft, np.newaxis] / np.float32(255)
    blended[soft] = np.rint(painted[soft] * share + before[soft] * (1 - share))
    return blended


def recipe(path: Path) -> str:
    """Recipe stored in ``path``. Raises `NeuralStyleError` ``bad-image`` if it has none."""
    text = recipe_text(_open(path))
    if text is None:
        raise NeuralStyleError(
            "bad-image",
            f"{path} does not say how it was made.",
            "Take a result of nst stylize, as it was written.",
        )
    return text


def check_format(path: Path) -> None:
    """Raise `NeuralStyleError` ``unwritable`` if the file's ending stands for no format."""
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind not in _FORMATS or kind not in Image.SAVE:
        raise NeuralStyleError(
            "unwritable",
            f"The ending of {path.name!r} names no picture format that can be written.",
            "Take .png, .jpg, .tif or .webp.",
        )


def check_fits(path: Path, picture: PictureFile) -> None:
    """Raise `NeuralStyleError` ``unwritable`` if the picture is too large for the format."""
    longest = _LONGEST.get(_kind(path))
    if longest is not None and max(picture.samples.shape[:2]) > longest:
        raise NeuralStyleError(
            "unwritable",
            f"A {path.suffix} picture is at most {longest} pixels wide and high.",
            "Take .png or .tif.",
        )


def check_folder(path: Path) -> None:
    """Raise `NeuralStyleError` ``unwritable`` before work starts whose result cannot be saved."""
    if path.is_dir():
        raise NeuralStyleError("unwritable", f"{path} is a folder.", "Give the name of a file.")
    if not path.parent.is_dir():
        raise NeuralStyleError("unwritable", f"There is no folder {path.parent}.", "Create it.")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise NeuralStyleError("unwritable", f"{path} cannot be written.", "Choose another place.")


def write(path: Path, samples: Samples, content: PictureFile, recipe: str) -> None:
    """Save the output of `blend` with its recipe and the content's profile and metadata.

    Unchanged pixels keep the content's exact values. The file appears whole or not at all.
    Raises `NeuralStyleError` ``unwritable``.
    """
    kind = _kind(path)
    samples = _in_profile(samples, content)
    if (kind, 8 * samples.itemsize) in sixteen_bit.FORMATS:
        _put(
            path,
            lambda: sixteen_bit.encoded(kind, samples, content.profile, content.metadata, recipe),
        )
    else:
        image, options = _options(kind, _image(_eight_bits(samples)), content, recipe)
        _put(path, lambda: _encoded(kind, image, **options))


def write_image(path: Path, image: Image.Image) -> None:
    """Save a picture about results, not a result. Raises `NeuralStyleError` ``unwritable``."""
    _put(path, lambda: _encoded(_kind(path), image))


def _kind(path: Path) -> str:
    return Image.registered_extensions()[path.suffix.lower()]


def _encoded(kind: str, image: Image.Image, **options: Any) -> memoryview:
    """Encode a whole file of ``kind``.

    Pillow does not write it to disk: on a full disk it cuts a JPEG short without an error.
    """
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getbuffer()


def _put(path: Path, encode: Callable[[], bytes | memoryview]) -> None:
    """Write ``path`` whole or not at all."""
    partial = path.with_name(f".{secrets.token_hex(4)}.partial")  # short, whatever the name of path
    try:
        try:
            partial.write_bytes(encode())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        # str() of a system error would name the partial file.
        reason = getattr(error, "strerror", None) or error
        raise NeuralStyleError(
            "unwritable", f"{path} could not be written: {reason}.", "Choose another place with -o."
        ) from error


def _options(
    kind: str, image: Image.Image, content: PictureFile, recipe: str
) -> tuple[Image.Image, dict[str, Any]]:
    """The image in a mode that the format can hold, and the options to save it with."""
    metadata = content.metadata
    if kind not in _TRANSPARENT_FORMATS and image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    options: dict[str, Any] = {"icc_profile": content.profile, "exif": metadata.exif_with(recipe)}
    if metadata.dpi:
        options["dpi"] = metadata.dpi
    if metadata.xmp and kind != "PNG":
        options["xmp"] = metadata.xmp
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_itxt(RECIPE, recipe)
        if metadata.xmp:
            text.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode("utf-8", "replace"))
        options["pnginfo"] = text
    elif kind in ("JPEG", "WEBP"):
        options["quality"] = 95
    return image, options


def _open(path: Path) -> Image.Image:
    """Open and decode a picture. Raises `NeuralStyleError` that says why it cannot be read."""
    if path.is_dir():
        raise NeuralStyleError("bad-image", f"{path} is a folder.", "Give the name of a picture.")
    Image.MAX_IMAGE_PIXELS = MAXIMUM_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(path)
            image.load()
    except FileNotFoundError:
        raise NeuralStyleError("bad-image", f"There is no file {path}.") from None
    except PermissionError:
        raise NeuralStyleError("bad-image", f"{path} may not be read.") from None
    except UnidentifiedImageError:
        raise NeuralStyleError(
            "bad-image", f"{path} is not a picture that can be read.", "Take a PNG or JPEG."
        ) from None
    except Image.DecompressionBombError:
        raise NeuralStyleError("too-large", f"{path} has too many pixels.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise NeuralStyleError(
            "bad-image", f"{path} is damaged: {error}.", "Take another copy of it."
        ) from None
    return image


def _read_shallow(image: Image.Image) -> PictureFile:
    metadata = Metadata.of(image)
    profile = image.info.get("icc_profile")
    has_alpha = "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 257).convert("L")  # Pillow would clip at 255
    alpha = np.asarray(image.convert("RGBA").getchannel("A")) if has_alpha else None
    mode = _MODES.get(color_profiles.channels(profile)) if profile else None
    # An RGB profile also fits a palette and the like, whose colors are RGB.
    if mode is None or (mode in ("L", "CMYK") and not image.mode.startswith(mode)):
        mode, profile = "RGB", None
    colors = np.asarray(_straight(image).convert(mode))
    return _picture(colors.reshape(*colors.shape[:2], -1), alpha, profile, metadata)


def _read_deep(path: Path) -> PictureFile | None:
    deep = sixteen_bit.read(path)
    if deep is None:
        return None
    metadata, profile, turn = Metadata(), deep.profile, 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                metadata, turn = Metadata.of(image), orientation(image)
                profile = profile or image.info.get("icc_profile")
    except (OSError, SyntaxError, ValueError):
        pass  # Pillow does not know this kind or calls it damaged; only metadata is lost
    colors = _upright(deep.colors, turn)
    alpha = None if deep.alpha is None else _upright(deep.alpha, turn)
    if profile and color_profiles.channels(profile) != colors.shape[2]:
        profile = None
    if profile is None and colors.shape[2] == 4:  # CMYK without a profile that describes its inks
        ink = (65535 - colors.astype(np.float32)) / 65535
        colors = np.rint(ink[..., :3] * ink[..., 3:] * 65535).astype(np.uint16)
    return _picture(colors, alpha, profile, metadata)


def _picture(
    colors: Samples, alpha: Samples | None, profile: bytes | None, metadata: Metadata
) -> PictureFile:
    """Make a picture from colors of ``profile``, which is left out if it is broken."""
    original = None
    srgb = colors
    try:
        if profile is not None and not color_profiles.is_srgb(profile):
            srgb, original = color_profiles.to_srgb(colors, profile), colors
            if colors.shape[2] == 3:  # a scanner's profile may have no way back
                color_profiles.from_srgb(srgb[:1, :1], profile)
    except ValueError:
        profile = original = None
    if srgb.shape[2] == 1:
        srgb = np.repeat(srgb, 3, 2)
    if colors.shape[2] != 3:  # a result is RGB, which a gray or CMYK profile does not fit
        profile = original = None
    samples = srgb if alpha is None else np.dstack([srgb, alpha])
    return PictureFile(np.ascontiguousarray(samples), profile, original, metadata)


def _in_profile(samples: Samples, content: PictureFile) -> Samples:
    """Convert a result to the content's profile; unchanged pixels get the content's own values."""
    if content.profile is None or content.original is None:
        return samples
    colors = color_profiles.from_srgb(samples[..., :3], content.profile)
    same = (samples[..., :3] == content.samples[..., :3]).all(-1, keepdims=True)
    colors = np.where(same, content.original, colors)
    return np.dstack([colors, samples[..., 3:]])


def _upright(samples: Samples, orientation: int) -> Samples:
    """Turn rows and columns upright; ``orientation`` is EXIF's number."""
    if orientation >= 5:
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return samples


def _straight(image: Image.Image) -> Image.Image:
    """The image with straight alpha and without a palette."""
    return image.convert("RGBA") if image.mode == "RGBa" or image.mode in ("P", "PA") else image


def _eight_bits(samples: Samples) -> Samples:
    if samples.dtype == np.uint8:
        return samples
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _image(samples: Samples) -> Image.Image:
    return Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
