"""Picture files in and out, with Pillow: orientation, colour profile and transparency respected."""

from __future__ import annotations

import io
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError

from nst_server.errors import NeuralStyleError
from nst_server.job import PictureShape

_MAXIMUM_PIXELS = 2**30

_OPAQUE_FORMATS = {"JPEG", "BMP", "PPM"}


@dataclass(frozen=True)
class PictureFile:
    """A picture that was read: pixels upright and in sRGB, and what is kept for the result."""

    shape: PictureShape
    pixels: bytes
    profile: bytes | None = None
    """The ICC profile that the file had, if it was not sRGB's."""
    exif: bytes | None = None


def read(path: Path) -> PictureFile:
    """The picture in ``path`` as RGB, or RGB and alpha, uint8.

    Raises `NeuralStyleError` ``bad-image`` for what is no picture.
    """
    image = _open(path)
    profile = image.info.get("icc_profile")
    exif = image.getexif()
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    upright = ImageOps.exif_transpose(image)
    exif.pop(0x0112, None)  # orientation: the pixels are upright now
    if upright.mode.startswith("I;16"):
        upright = upright.point(lambda value: value / 257).convert("L")  # else clipped at 255
    upright = upright if profile else upright.convert("RGBA" if has_alpha else "RGB")
    if profile:
        upright, profile = _to_srgb(upright, profile, has_alpha)
    shape = PictureShape(upright.width, upright.height, 4 if has_alpha else 3, "uint8")
    return PictureFile(shape, upright.tobytes(), profile, exif.tobytes() if exif else None)


def read_mask(path: Path, width: int, height: int) -> PictureFile:
    """A mask: how bright ``path`` is, stretched to the content's size if it has another.

    Raises `NeuralStyleError` ``bad-image``.
    """
    image = ImageOps.exif_transpose(_open(path)).convert("L")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return PictureFile(PictureShape(width, height, 1, "uint8"), image.tobytes())


def blend(content: PictureFile, result: bytes, mask: PictureFile | None) -> Image.Image:
    """What is seen: the result through the mask, over the content."""
    painted = _image(content.shape, result)
    if mask is None:
        return painted
    original = _image(content.shape, content.pixels)
    return Image.composite(painted, original, _image(mask.shape, mask.pixels))


def check_format(path: Path) -> None:
    """Raise `NeuralStyleError` ``unwritable`` if no format goes with the file's ending."""
    Image.init()
    if Image.EXTENSION.get(path.suffix.lower()) not in Image.SAVE:
        raise NeuralStyleError(
            "unwritable",
            f"The ending of {path.name!r} names no picture format that can be written.",
            "Take .png, .jpg, .tif or .webp.",
        )


def check_folder(path: Path) -> None:
    """Raise `NeuralStyleError` ``unwritable`` before work is done that could not be saved."""
    if path.is_dir():
        raise NeuralStyleError("unwritable", f"{path} is a folder.", "Give the name of a file.")
    if not path.parent.is_dir():
        raise NeuralStyleError("unwritable", f"There is no folder {path.parent}.", "Create it.")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise NeuralStyleError("unwritable", f"{path} cannot be written.", "Choose another place.")


def write(path: Path, image: Image.Image, content: PictureFile, parameters: str) -> None:
    """Save ``image`` with the content's profile and metadata, and how it was made.

    The file appears whole or not at all. Raises `NeuralStyleError` ``unwritable``.
    """
    kind = Image.registered_extensions()[path.suffix.lower()]
    if kind in _OPAQUE_FORMATS and image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    options: dict[str, object] = {}
    if content.profile:
        image = _from_srgb(image, content.profile)
        options["icc_profile"] = content.profile
    if content.exif:
        options["exif"] = content.exif
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("neural-style", parameters)
        options["pnginfo"] = text
    elif kind in ("JPEG", "WEBP"):
        options["quality"] = 95
    partial = path.with_name(f".{path.name}.partial")
    try:
        try:
            image.save(partial, kind, **options)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise NeuralStyleError(
            "unwritable", f"{path} could not be written: {error}.", "Choose another place with -o."
        ) from error


def _open(path: Path) -> Image.Image:
    """A fully decoded picture, or a sentence about what it is instead."""
    if path.is_dir():
        raise NeuralStyleError("bad-image", f"{path} is a folder.", "Give the name of a picture.")
    Image.MAX_IMAGE_PIXELS = _MAXIMUM_PIXELS
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


def _image(shape: PictureShape, pixels: bytes) -> Image.Image:
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[shape.channels]
    return Image.frombuffer(mode, (shape.width, shape.height), pixels, "raw", mode, 0, 1)


def _to_srgb(image: Image.Image, profile: bytes, alpha: bool) -> tuple[Image.Image, bytes | None]:
    """``image`` in sRGB, and the profile to go back by; a profile that is broken is left out."""
    mode = "RGBA" if alpha else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image.convert(mode), profile
        if image.mode not in ("RGB", "RGBA"):
            image = image.convert(mode)  # gray and palette profiles: colours are near enough
            return image, None
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return image.convert(mode), None
    assert converted is not None  # it is None only where it works in place
    return converted, profile


def _from_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    target = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if "srgb" in ImageCms.getProfileDescription(target).lower():
        return image
    source = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, source, target, outputMode=image.mode)
    assert converted is not None
    return converted
