"""Sixteen bits: nothing of the depth is lost, in whatever file it came."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms

from nst_server.pictures import color_profiles
from nst_server.pictures.picture_file import PictureFile, blend
from nst_server.pictures.reading import reader
from nst_server.pictures.writing import writer
from nst_server.values.errors import NeuralStyleError
from tests.support.icc_profiles import linear_srgb, wide_profile

Deep = npt.NDArray[np.uint16]


def noise(channels: int, height: int = 20, width: int = 30) -> Deep:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(channels).integers(0, 65536, shape, np.uint16)


def save(path: Path, samples: Deep, profile: bytes | None = None) -> Path:
    if path.suffix == ".tif":
        photometric = "rgb" if samples.ndim == 3 and samples.shape[2] > 2 else "minisblack"
        even = samples.ndim == 3 and samples.shape[2] in (2, 4)
        tifffile.imwrite(
            path,
            samples,
            photometric=photometric,
            extrasamples=["unassalpha"] if even else None,
            planarconfig="contig",
            iccprofile=profile,
            metadata=None,
        )
        return path
    plain = imagecodecs.png_encode(samples)
    if profile:
        shallow = path.with_name("shallow.png")
        Image.new("RGB", (1, 1)).save(shallow, icc_profile=profile)
        data = shallow.read_bytes()
        place = data.index(b"iCCP") - 4
        length = int.from_bytes(data[place : place + 4], "big")
        plain = plain[:33] + data[place : place + 12 + length] + plain[33:]
    path.write_bytes(plain)
    return path


def load(path: Path) -> Deep:
    read = reader.read(path)
    assert read.shape.sample == "uint16"
    return np.asarray(read.samples, np.uint16)


def again(content: PictureFile, path: Path, samples: Deep | None = None) -> Path:
    seen = blend(content, content.samples if samples is None else samples, None)
    writer.write(path, seen, content, '{"made": "so"}')
    return path


@pytest.mark.parametrize("ending", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_sample_survives(tmp_path: Path, ending: str, channels: int) -> None:
    samples = noise(channels)
    content = reader.read(save(tmp_path / f"in{ending}", samples))
    assert content.shape.channels == (4 if channels in (2, 4) else 3)
    written = load(again(content, tmp_path / f"out{ending}"))
    np.testing.assert_array_equal(written, content.samples)
    flat = samples.reshape(20, 30, -1)
    np.testing.assert_array_equal(written[..., 1], flat[..., 1 if channels > 2 else 0])
    np.testing.assert_array_equal(written[..., -1], flat[..., -1])


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiffs_of_other_programs(
    tmp_path: Path, compression: str | None, planar: str, order: Literal["<", ">"]
) -> None:
    samples = noise(3)
    laid_out = np.moveaxis(samples, -1, 0) if planar == "separate" else samples
    tifffile.imwrite(
        tmp_path / "in.tif",
        np.ascontiguousarray(laid_out),
        photometric="rgb",
        planarconfig=planar,
        compression=compression,
        predictor=compression in ("lzw", "zlib"),
        byteorder=order,
        bigtiff=order == ">",
    )
    np.testing.assert_array_equal(load(tmp_path / "in.tif"), samples)


def test_floats_and_inverted_gray(tmp_path: Path) -> None:
    values = np.array([[0, 0.5, 1, 2, np.nan]], np.float32)
    tifffile.imwrite(tmp_path / "float.tif", values, photometric="minisblack")
    assert load(tmp_path / "float.tif")[0, :, 0].tolist() == [0, 32768, 65535, 65535, 0]
    tifffile.imwrite(tmp_path / "white.tif", noise(1), photometric="miniswhite")
    np.testing.assert_array_equal(load(tmp_path / "white.tif")[..., 0], 65535 - noise(1))


def test_premultiplied_alpha_is_taken_out(tmp_path: Path) -> None:
    pixel = np.array([[[10000, 20000, 0, 32768]]], np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", pixel, photometric="rgb", extrasamples=["assocalpha"])
    assert load(tmp_path / "in.tif")[0, 0].tolist() == [20000, 39999, 0, 32768]


def test_a_fourth_sample_of_which_nothing_is_said_is_alpha(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "in.tif", noise(4), photometric="rgb", extrasamples=["unassalpha"])
    with tifffile.TiffFile(tmp_path / "in.tif", mode="r+") as file:
        tag = file.pages.first.tags["ExtraSamples"]
        file.filehandle.seek(tag.offset)
        file.filehandle.write(struct.pack(file.byteorder + "H", 60000))  # any other
    np.testing.assert_array_equal(load(tmp_path / "in.tif"), noise(4))


@pytest.mark.parametrize("turn", range(1, 9))
def test_turned_as_pillow_turns(tmp_path: Path, turn: int) -> None:
    samples = noise(3)
    tifffile.imwrite(
        tmp_path / "in.tif", samples, photometric="rgb", extratags=[(274, "H", 1, turn, True)]
    )
    shallow = Image.fromarray((samples >> 8).astype(np.uint8))
    shallow.getexif()[274] = turn
    shallow.save(tmp_path / "shallow.png", exif=shallow.getexif())
    upright = reader.read(tmp_path / "shallow.png")
    np.testing.assert_array_equal(load(tmp_path / "in.tif") >> 8, upright.samples)


@pytest.mark.parametrize("ending", [".png", ".tif"])
@pytest.mark.parametrize("profile", [wide_profile(), linear_srgb()])
def test_a_profile_is_worked_without_and_comes_back(
    tmp_path: Path, ending: str, profile: bytes
) -> None:
    samples = noise(3) // 2 + 16384  # inside both gamuts
    content = reader.read(save(tmp_path / f"in{ending}", samples, profile))
    assert np.abs(content.samples.astype(int) - samples).mean() > 300, "converted"
    unchanged = again(content, tmp_path / f"unchanged{ending}")
    with Image.open(unchanged) as written:
        assert written.info["icc_profile"] == profile
    raw = imagecodecs.png_decode if ending == ".png" else imagecodecs.tiff_decode
    np.testing.assert_array_equal(raw(unchanged.read_bytes()), samples)

    half = np.array(content.samples)
    half[:, 15:] ^= 1
    changed = raw(again(content, tmp_path / f"changed{ending}", half).read_bytes())
    np.testing.assert_array_equal(changed[:, :15], samples[:, :15])
    # What lay outside sRGB cannot come back; what lay inside does to a few of 65536 steps.
    inside = ((content.samples > 0) & (content.samples < 65535)).all(-1)
    off = np.abs(changed.astype(int) - samples)[inside]
    assert inside.mean() > 0.5
    assert off.mean() < 8


def test_there_and_back_keeps_the_depth_of_the_shadows() -> None:
    gray = np.linspace(300, 60000, 4000).astype(np.uint16).reshape(40, 100, 1)
    muted = (gray * np.array([0.9, 1.0, 1.05])).astype(np.uint16)
    there = color_profiles.from_srgb(muted, wide_profile())
    back = color_profiles.to_srgb(there, wide_profile())
    assert np.abs(back.astype(int) - muted).max() <= 16


def test_a_gray_profile_is_worked_without(tmp_path: Path) -> None:
    profile = imagecodecs.cms_profile("gray", gamma=1.0)
    content = reader.read(save(tmp_path / "in.tif", np.full((9, 9), 14000, np.uint16), profile))
    assert content.profile is None, "a result has colours"
    encoded = 65535 * (1.055 * (14000 / 65535) ** (1 / 2.4) - 0.055)
    assert content.samples[0, 0, 0] == pytest.approx(encoded, rel=0.01)


def test_inks_become_light(tmp_path: Path) -> None:
    ink = np.zeros((4, 4, 4), np.uint16)
    ink[..., 0] = 65535
    tifffile.imwrite(tmp_path / "in.tif", ink, photometric="separated")
    assert load(tmp_path / "in.tif")[0, 0].tolist() == [0, 65535, 65535]


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_what_a_camera_said_is_kept(tmp_path: Path, ending: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Artist] = "A camera", "Sömeone"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] = 400
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    # As a TIFF of eight bits, which Pillow writes whole, read for its words only.
    shallow = tmp_path / "shallow.tif"
    Image.new("RGB", (30, 20)).save(shallow, exif=exif.tobytes(), dpi=(300, 300))
    words = reader.read(shallow).metadata
    content = PictureFile(noise(3), metadata=words)
    path = again(content, tmp_path / f"out{ending}")
    with Image.open(path) as image:
        found = image.getexif()
        assert found[ExifTags.Base.Make] == "A camera"
        assert found.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] == 400
        assert found.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
        assert image.info["dpi"][0] == pytest.approx(300, rel=1e-3)
    assert reader.recipe(path) == '{"made": "so"}'
    np.testing.assert_array_equal(load(path), noise(3))


def test_where_the_format_has_eight_bits(tmp_path: Path) -> None:
    content = reader.read(save(tmp_path / "in.png", noise(3)))
    with Image.open(again(content, tmp_path / "out.webp")) as image:
        assert image.mode == "RGB"
    with Image.open(again(content, tmp_path / "out.bmp")) as image:
        np.testing.assert_array_equal(np.asarray(image), np.rint(noise(3) / 257))


def test_a_mask_of_sixteen_bits(tmp_path: Path) -> None:
    path = save(tmp_path / "mask.png", np.array([[0, 0x8080, 0xFFFF]], np.uint16))
    assert reader.read_mask(path, 3, 1).samples.ravel().tolist() == [0, 128, 255]


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_a_damaged_one_gets_a_sentence(tmp_path: Path, ending: str) -> None:
    path = save(tmp_path / f"in{ending}", noise(3))
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(NeuralStyleError) as caught:
        reader.read(path)
    assert caught.value.code == "bad-image"
    assert "\n" not in str(caught.value)


def test_a_soft_mask_keeps_the_depth(tmp_path: Path) -> None:
    content = reader.read(save(tmp_path / "in.png", np.full((1, 3, 3), 1000, np.uint16)))
    mask = PictureFile(np.array([[[0], [51], [255]]], np.uint8))
    seen = blend(content, np.full((1, 3, 3), 2001, np.uint16), mask)
    assert seen[0, :, 0].tolist() == [1000, 1200, 2001]


def test_srgb_by_any_name_is_left_alone(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = reader.read(save(tmp_path / "in.png", noise(3), profile))
    assert content.original is None
    np.testing.assert_array_equal(content.samples, noise(3))
    assert content.profile == profile
