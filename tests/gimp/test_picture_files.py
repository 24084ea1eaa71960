"""Picture files: the shell and the plug-in agree on each, as the content and as the style."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from nst_server.pictures.reading import reader
from tests.gimp.gimp_driver import Gimp
from tests.support import patches
from tests.support.landscapes import landscape
from tests.support.patches import ADOBE, ADOBE_GAMMA, SRGB, in_space, lab, light, whole
from tests.support.running import nst

pytestmark = [pytest.mark.gimp, pytest.mark.engine]

QUICK: dict[str, Any] = {"preset": "draft", "size": "64"}
CMYK_PROFILE = "/usr/share/color/icc/ghostscript/default_cmyk.icc"

PICTURE = np.asarray(landscape(96, 64, seed=3), float)
GRAY = PICTURE.mean(-1, keepdims=True)
ALPHA = np.clip(np.linspace(-0.2, 1.4, 96), 0, 1)[np.newaxis, :, np.newaxis].repeat(64, 0)


@pytest.fixture(scope="module")
def gimp(installed_gimp: Any) -> Iterator[Gimp]:
    with Gimp(installed_gimp, name="picture files") as running:
        yield running


@pytest.fixture(scope="module")
def style(gimp: Gimp) -> str:
    path = str(gimp.folder / "a style.png")
    gimp.call("make_style", path=path)
    return path


def rotated() -> bytes:
    exif = Image.Exif()
    exif[0x112] = 6
    return patches.by_pillow(whole(PICTURE), "JPEG", exif=exif, quality=97, subsampling=0)


def adobe_by_exif() -> bytes:
    adobe = whole(in_space(PICTURE, ADOBE, ADOBE_GAMMA))
    return patches.by_pillow(adobe, "JPEG", exif=patches.adobe_exif(), quality=97, subsampling=0)


def linear_floats() -> bytes:
    profile = patches.profile(SRGB, 1.0)
    return patches.one(light(PICTURE).astype(np.float32), iccprofile=profile)


def indexed_with_alpha() -> bytes:
    image = Image.fromarray(whole(PICTURE)).quantize(63)
    image = image.point(lambda place: place + 1, "L")
    places = np.array(image)
    places[:20, :20] = 0
    source = Image.fromarray(whole(PICTURE)).quantize(63)
    palette = [0, 255, 0, *(source.getpalette() or [])]
    made = Image.fromarray(places, "P")
    made.putpalette(palette[:768])
    file = io.BytesIO()
    made.save(file, "PNG", transparency=0)
    return file.getvalue()


def inks(profile: bytes) -> bytes:
    samples = imagecodecs.cms_transform(
        whole(PICTURE), imagecodecs.cms_profile("srgb"), profile, colorspace="rgb",
        outcolorspace="cmyk", intent=1,
    )  # fmt: skip
    return patches.one(samples, photometric="separated", iccprofile=profile)


FILES: dict[str, Callable[[], bytes]] = {
    "rotated.jpg": rotated,
    "adobe-by-exif.jpg": adobe_by_exif,
    "linear-floats.tif": linear_floats,
    "sixteen-bits.png": lambda: patches.png(whole(PICTURE, 16)),
    "indexed-with-alpha.png": indexed_with_alpha,
    "gamma.png": lambda: patches.png(whole(light(PICTURE), 16), patches.gamma_chunk(1.0)),
    "twelve-bits.tif": lambda: patches.one(whole(PICTURE, 12), bitspersample=12),
    "gray-and-alpha.tif": lambda: patches.one(
        whole(np.dstack([GRAY * ALPHA, ALPHA])),
        photometric="minisblack", planarconfig="contig", extrasamples=["assocalpha"],
    ),
    "lossy.avif": lambda: patches.by_pillow(
        whole(PICTURE), "AVIF", quality=90, subsampling="4:4:4"
    ),
    "alpha.webp": lambda: patches.by_pillow(
        whole(np.dstack([PICTURE, ALPHA])), "WEBP", lossless=True, exact=True
    ),
    "twelve-bits.jp2": lambda: bytes(
        imagecodecs.jpeg2k_encode(whole(PICTURE, 12), 0, codecformat="jp2", bitspersample=12)
    ),
}  # fmt: skip
NOT_IN_GIMP = {"twelve-bits.tif"}
"""Files that GIMP 3.0 and 3.2 do not open."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    yield home
    nst(home, "stop")


@pytest.mark.parametrize("name", [*FILES, "inks.tif"])
def test_shell_and_plug_in_agree(
    gimp: Gimp, style: str, home: Path, tmp_path: Path, name: str
) -> None:
    profile = gimp.installed.outside(CMYK_PROFILE)
    data = inks(profile.read_bytes()) if name == "inks.tif" else FILES[name]()
    (tmp_path / name).write_bytes(data)
    (gimp.outside / name).write_bytes(data)
    shutil.copy(gimp.outside / Path(style).name, tmp_path / "style.png")
    out = tmp_path / "out.png"
    words = [tmp_path / name, "--style", tmp_path / "style.png", "--strength", 0, "-o", out]
    done = nst(home, "stylize", *words)
    assert done.returncode == 0, done.stderr
    by_shell = reader.read(out).image().convert("RGBA")

    pixels = gimp.folder / "seen.rgba"
    told = gimp.call(
        "picture_files", what="content", path=str(gimp.folder / name), pixels=str(pixels),
        style=style,
    )  # fmt: skip
    if name in NOT_IN_GIMP:
        assert told is None
        return
    assert told["result"] == {"status": "success", "message": ""}
    assert tuple(told["size"]) == by_shell.size
    raw = (gimp.outside / "seen.rgba").read_bytes()
    by_plug_in = np.frombuffer(raw, np.uint8).reshape(by_shell.height, by_shell.width, 4)
    shell = np.asarray(by_shell)
    assert np.abs(shell[..., 3].astype(int) - by_plug_in[..., 3]).mean() < 1
    seen = shell[..., 3] > 16
    off = lab(shell[..., :3][seen] / 255) - lab(by_plug_in[..., :3][seen] / 255)
    assert np.sqrt((off**2).sum(-1)).mean() < 1


def test_a_photograph_is_a_style_as_it_stands(gimp: Gimp) -> None:
    lying = Image.fromarray(whole(PICTURE))
    names = []
    for turn, upright in (
        (6, Image.Transpose.ROTATE_270), (3, Image.Transpose.ROTATE_180),
        (5, Image.Transpose.TRANSPOSE), (7, Image.Transpose.TRANSVERSE),
        (4, Image.Transpose.FLIP_TOP_BOTTOM), (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (8, Image.Transpose.ROTATE_90),
    ):  # fmt: skip
        exif = Image.Exif()
        exif[0x112] = turn
        lying.save(gimp.outside / f"lying {turn}.png", exif=exif)
        lying.transpose(upright).save(gimp.outside / f"standing {turn}.png")
        names += [f"lying {turn}.png", f"standing {turn}.png"]
    paths = [str(gimp.folder / name) for name in names]
    digests = gimp.call("picture_files", what="styles", paths=paths, **QUICK)
    assert digests[::2] == digests[1::2]
    assert len(set(digests)) == len(digests) // 2


def test_of_pages_and_frames_the_first_is_the_style(gimp: Gimp) -> None:
    first = Image.fromarray(whole(PICTURE))
    second = Image.fromarray(255 - whole(PICTURE)[::2, ::2])
    first.save(gimp.outside / "first.png")
    pages: list[tuple[Any, dict[str, Any]]] = [(whole(PICTURE), {}), (np.asarray(second), {})]
    (gimp.outside / "pages.tif").write_bytes(patches.tiff(*pages))
    saved = gimp.call(
        "picture_files", what="export", path=str(gimp.folder / "first.png"),
        target=str(gimp.folder / "exported.tif"),
    )  # fmt: skip
    assert saved
    exported = io.BytesIO((gimp.outside / "exported.tif").read_bytes())
    with tifffile.TiffFile(exported) as file:
        assert len(file.pages) == 2, "GIMP puts a thumbnail behind the picture"
    frames = [first, second.resize(first.size)]
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "lossless": True}
    frames[0].save(gimp.outside / "frames.webp", **options)
    names = ["first.png", "pages.tif", "exported.tif", "frames.webp"]
    paths = [str(gimp.folder / name) for name in names]
    digests = gimp.call("picture_files", what="styles", paths=paths, **QUICK)
    assert dict(zip(names, digests, strict=True)) == dict.fromkeys(names, digests[0])


@pytest.mark.parametrize("kind", ["text", "link", "vector"])
def test_a_rasterized_layer_is_painted_and_stays_so(
    gimp: Gimp, gimp_version: str, style: str, kind: str
) -> None:
    told = gimp.call("rasterized", kind=kind, style=style, folder=str(gimp.folder), **QUICK)
    if told is None:
        assert gimp_version == "3.0"
        pytest.skip("GIMP 3.0 has no layers that can be rasterized; --gimp 3.2 tries them")
    assert told["refused"]["status"] == "execution-error"
    assert told["result"] == {"status": "success", "message": ""}
    assert told["changed"]
    assert told["kept"]
