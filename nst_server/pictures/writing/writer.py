"""The way out for every picture: colors and depth as its format has them, with what is known."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nst_server.pictures import color_profiles
from nst_server.pictures.animation_file import AnimationFile
from nst_server.pictures.metadata import Metadata
from nst_server.pictures.picture_file import PictureFile, image_of
from nst_server.pictures.samples import Samples, eight_bits
from nst_server.pictures.writing import animation_encoder, png_encoder, tiff_encoder
from nst_server.pictures.writing.beside import Beside
from nst_server.pictures.writing.formats import Format, format_of
from nst_server.pictures.writing.output_file import put
from nst_server.values.errors import NeuralStyleError

_QUALITY = {"JPEG": 95, "WEBP": 95}

Encode = Callable[[Beside], bytes | memoryview]
"""Makes a whole file of pixels that it knows, and of what is beside them."""


def check_fits(path: Path, picture: PictureFile) -> None:
    """Raise `NeuralStyleError` ``unwritable`` if the picture is too large for the format."""
    longest = format_of(path).longest
    if longest is not None and max(picture.samples.shape[:2]) > longest:
        raise NeuralStyleError(
            "unwritable",
            f"A {path.suffix} picture is at most {longest} pixels wide and high.",
            "Take .png or .tif.",
        )


def write(path: Path, samples: Samples, content: PictureFile, recipe: str) -> tuple[str, ...]:
    """Save the output of `picture_file.blend` with its recipe, and the content's metadata.

    Pixels that were not painted keep the content's exact values if its profile is kept. Returns
    sentences on what could not be kept. Raises `NeuralStyleError` ``unwritable``.
    """
    form = format_of(path)
    profile = _profile(form, samples, content)
    if profile is not None:
        samples = _in_profile(samples, content)

    return _written(path, form, partial(_encode, form, samples), profile, content, recipe)


def write_animation(
    path: Path, frames: Sequence[Samples], animation: AnimationFile, recipe: str
) -> tuple[str, ...]:
    """Save painted frames, each for as long as that of ``animation`` is shown, as `write` does.

    The format must be one for several frames; in it they have eight bits.
    """
    form, (content, *_) = format_of(path), animation.frames
    profile = _profile(form, eight_bits(frames[0]), content)
    if profile is not None:
        frames = [_in_profile(*pair) for pair in zip(frames, animation.frames, strict=True)]
    images = [image_of(eight_bits(samples)) for samples in frames]

    def encode(beside: Beside) -> bytes | memoryview:
        return animation_encoder.encoded(form, images, animation, _options(form, beside))

    return _written(path, form, encode, profile, content, recipe)


def _written(
    path: Path,
    form: Format,
    encode: Encode,
    profile: bytes | None,
    content: PictureFile,
    recipe: str,
) -> tuple[str, ...]:
    metadata, notes = _metadata(form, profile, content)
    besides = [Beside.fitting(form, profile, metadata, recipe)]
    besides += [Beside.fitting(form, profile, Metadata(), recipe), Beside(profile)]
    data, left_out = _encoded(path, encode, besides)
    put(path, data)
    return (*notes, *left_out)


def write_image(path: Path, image: Image.Image) -> None:
    """Save a picture about results, not a result. Raises `NeuralStyleError` ``unwritable``."""
    form = format_of(path)
    put(path, _encoded(path, partial(_encode, form, np.asarray(image)), [Beside()])[0])


def _profile(form: Format, samples: Samples, content: PictureFile) -> bytes | None:
    """The content's profile, unless the format has none, or bands would be seen in its shadows."""
    if not form.profile or content.profile is None:
        return None
    shallow = min(form.bits, 8 * samples.itemsize) == 8
    coarse = shallow and content.original is not None and color_profiles.is_coarse(content.profile)
    return None if coarse else content.profile


def _in_profile(samples: Samples, content: PictureFile) -> Samples:
    """Convert a result to the content's profile; unchanged pixels get the content's own values."""
    if content.profile is None or content.original is None:
        return samples
    colors = color_profiles.from_srgb(samples[..., :3], content.profile)
    same = (samples[..., :3] == content.samples[..., :3]).all(-1, keepdims=True)
    colors = np.where(same, content.original, colors)
    return np.dstack([colors, samples[..., 3:]])


def _metadata(
    form: Format, profile: bytes | None, content: PictureFile
) -> tuple[Metadata, list[str]]:
    """The content's metadata; cICP only beside the numbers that it is true of."""
    metadata = content.metadata
    if metadata.cicp is None or (form.name == "PNG" and profile == content.profile):
        return metadata, []
    note = "How the content's numbers are to be shown (cICP) is not kept; only .png can hold it."
    return replace(metadata, cicp=None), [note]


def _encoded(
    path: Path, encode: Encode, besides: list[Beside]
) -> tuple[bytes | memoryview, list[str]]:
    """A whole file, with the first of ``besides`` that a library does not stumble over.

    A painting is not lost by what was to be written beside it, whatever a library raises.
    """
    for beside in besides:
        try:
            note = "What the content says of itself could not be written, and is left out."
            return encode(beside), [] if beside is besides[0] else [note]
        except Exception as error:
            reason = error
    raise NeuralStyleError(
        "unwritable", f"{path} could not be written: {reason}.", "Choose another format with -o."
    ) from reason


def _encode(form: Format, samples: Samples, beside: Beside) -> bytes | memoryview:
    if form.name == "TIFF":
        return tiff_encoder.encoded(samples, beside)
    if form.name == "PNG" and samples.dtype == np.uint16:
        return png_encoder.encoded(samples, beside)
    return _encoded_by_pillow(form, image_of(eight_bits(samples)), beside)


def _encoded_by_pillow(form: Format, image: Image.Image, beside: Beside) -> memoryview:
    """Encode into memory: on a full disk Pillow would cut a JPEG short without an error."""
    if not form.alpha and image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    file = io.BytesIO()
    image.save(file, form.name, **_options(form, beside))
    return file.getbuffer()


def _options(form: Format, beside: Beside) -> dict[str, Any]:
    """Everything beside the pixels, and the quality, as Pillow takes them."""
    options: dict[str, Any] = {"icc_profile": beside.profile}
    if beside.exif is not None:  # as bytes: Pillow takes a comment alone for no EXIF
        options["exif"] = beside.exif.tobytes()
    if beside.dpi:
        options["dpi"] = beside.dpi
    if form.name == "PNG":
        options["pnginfo"] = png_encoder.text_chunks(beside)
    elif beside.xmp:
        options["xmp"] = beside.xmp
    if form.name in _QUALITY:
        options["quality"] = _QUALITY[form.name]
    return options
