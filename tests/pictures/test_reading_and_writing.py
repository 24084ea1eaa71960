"""Picture files: what is read, what is kept, and what is said of what is no picture."""

from __future__ import annotations

import io
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from nst_server.pictures import color_profiles
from nst_server.pictures.picture_file import PictureFile, blend
from nst_server.pictures.reading import reader
from nst_server.pictures.writing import formats, output_file, writer
from nst_server.values.errors import NeuralStyleError
from tests.support.icc_profiles import linear_srgb, wide_profile


@pytest.fixture
def image() -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    return Image.fromarray(values, "RGBA")


def saved(folder: Path, content: Path, name: str) -> Image.Image:
    read = reader.read(content)
    target = folder / name
    writer.write(target, blend(read, read.pixels, None), read, "{}")
    return Image.open(target)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"])
def test_every_mode_becomes_colours_and_alpha(
    tmp_path: Path, image: Image.Image, mode: str
) -> None:
    path = tmp_path / "in.tif"
    if mode == "I;16":
        Image.fromarray(np.full((20, 30), 0x8080, np.uint16)).save(path)
    elif mode == "P":
        image.convert("RGB").convert("P").save(path)
    else:
        image.convert("RGB" if mode == "CMYK" else mode).convert(mode).save(path)
    read = reader.read(path)
    assert (read.shape.width, read.shape.height) == (30, 20)
    assert read.shape.channels == (4 if "A" in mode else 3)
    assert len(read.pixels) == read.shape.size_in_bytes
    if mode == "I;16":
        assert set(read.pixels) == {0x80}


def test_pixels_and_alpha_survive(tmp_path: Path, image: Image.Image) -> None:
    image.save(tmp_path / "in.png")
    again = saved(tmp_path, tmp_path / "in.png", "out.png")
    np.testing.assert_array_equal(np.asarray(again), np.asarray(image))


def test_a_photograph_is_turned_upright_and_keeps_its_exif(
    tmp_path: Path, image: Image.Image
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    image.convert("RGB").save(tmp_path / "in.jpg", exif=exif)
    again = saved(tmp_path, tmp_path / "in.jpg", "out.jpg")
    assert again.size == (20, 30)
    assert again.getexif().get(0x010F) == "A camera"
    assert 0x0112 not in again.getexif()


def test_a_profile_is_kept_and_its_colours_too(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    colour = Image.new("RGB", (16, 16), (200, 100, 50))
    colour.save(tmp_path / "in.png", icc_profile=profile)
    again = saved(tmp_path, tmp_path / "in.png", "out.png")
    assert again.info["icc_profile"] == profile
    assert again.convert("RGB").getpixel((3, 3)) == (200, 100, 50)


def test_a_broken_profile_does_not_stop_the_work(tmp_path: Path, image: Image.Image) -> None:
    image.save(tmp_path / "in.png", icc_profile=b"not a profile")
    assert saved(tmp_path, tmp_path / "in.png", "out.png").size == image.size


def test_transparency_becomes_white_where_the_format_has_none(tmp_path: Path) -> None:
    Image.new("RGBA", (16, 16), (10, 20, 30, 0)).save(tmp_path / "in.png")
    again = saved(tmp_path, tmp_path / "in.png", "out.jpg")
    pixel = again.getpixel((8, 8))
    assert isinstance(pixel, tuple)
    assert min(pixel) > 250


def test_a_mask_is_stretched_and_blends(tmp_path: Path) -> None:
    Image.new("RGB", (40, 20), "black").save(tmp_path / "in.png")
    mask = Image.new("L", (2, 1))
    mask.putpixel((1, 0), 255)
    mask.save(tmp_path / "mask.png")
    content = reader.read(tmp_path / "in.png")
    read = reader.read_mask(tmp_path / "mask.png", 40, 20)
    white = b"\xff" * len(content.pixels)
    seen = PictureFile(blend(content, white, read)).image()
    assert seen.getpixel((0, 10)) == (0, 0, 0)
    assert seen.getpixel((39, 10)) == (255, 255, 255)
    between = seen.getpixel((19, 10))
    assert isinstance(between, tuple)
    assert 0 < between[0] < 255


def test_what_is_transparent_of_a_mask_is_not_selected(tmp_path: Path) -> None:
    Image.new("RGBA", (40, 20), (255, 255, 255, 0)).save(tmp_path / "mask.png")
    assert reader.read_mask(tmp_path / "mask.png", 40, 20).samples.max() == 0


@pytest.mark.parametrize(("ending", "most"), [("webp", 16383), ("avif", 32768), ("jpg", 65500)])
def test_a_format_that_is_too_small_is_known_before(tmp_path: Path, ending: str, most: int) -> None:
    out = tmp_path / f"out.{ending}"
    longest, longer = (PictureFile(np.zeros((8, side, 3), np.uint8)) for side in (most, most + 1))
    writer.check_fits(out, longest)
    writer.write(out, longest.samples, longest, "{}")
    assert reader.read(out).shape.width == most
    writer.check_fits(tmp_path / "out.png", longer)
    with pytest.raises(NeuralStyleError, match=f"at most {most} pixels"):
        writer.check_fits(out, longer)


def test_a_profile_without_a_way_back_is_left_out(
    tmp_path: Path, image: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise ValueError("cmsCreateTransform returned NULL")

    image.save(tmp_path / "in.png", icc_profile=wide_profile())
    monkeypatch.setattr(color_profiles, "from_srgb", none)
    assert reader.read(tmp_path / "in.png").profile is None
    saved(tmp_path, tmp_path / "in.png", "out.png")


def broken_files(folder: Path) -> dict[str, Path]:
    whole = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(whole, "PNG")
    (folder / "text.png").write_text("not a picture")
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.png").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    (folder / "folder").mkdir()
    return {
        "not a picture": folder / "text.png",
        "empty": folder / "empty.png",
        "truncated": folder / "cut.png",
        "folder": folder / "folder",
        "missing": folder / "nowhere.png",
    }


@pytest.mark.parametrize("kind", ["not a picture", "empty", "truncated", "folder", "missing"])
def test_what_is_no_picture_gets_a_sentence(tmp_path: Path, kind: str) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        reader.read(broken_files(tmp_path)[kind])
    assert caught.value.code == "bad-image"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["folder", "nowhere/out.png"])
def test_where_nothing_can_be_written_is_known_before(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(NeuralStyleError) as caught:
        output_file.check_place(tmp_path / name)
    assert caught.value.code == "unwritable"


@pytest.mark.parametrize("name", ["out", "out.xyz", "out.txt", "out.xbm", "out.ico"])
def test_an_ending_without_a_format_is_known_before(name: str) -> None:
    with pytest.raises(NeuralStyleError) as caught:
        formats.format_of(Path(name))
    assert caught.value.code == "unwritable"


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, image: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    image.save(tmp_path / "in.png")
    target = tmp_path / "out.png"
    target.write_bytes(b"old")

    def full(self: Path, data: bytes) -> None:
        self.write_text("half")
        raise OSError(28, "No space left on device")

    read = reader.read(tmp_path / "in.png")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(NeuralStyleError) as caught:
        writer.write(target, read.samples, read, "{}")
    assert caught.value.sentence == f"{target} could not be written: No space left on device."
    assert target.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.png", "out.png"]


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp", "jp2"])
def test_a_disk_that_becomes_full_on_the_way_is_noticed(
    tmp_path: Path, image: Image.Image, ending: str
) -> None:
    resource = pytest.importorskip("resource")
    image.save(tmp_path / "in.png")
    read = reader.read(tmp_path / "in.png")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))
    try:
        with pytest.raises(NeuralStyleError) as caught:
            writer.write(tmp_path / f"out.{ending}", read.samples, read, "{}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.code == "unwritable"
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_what_is_not_painted_keeps_its_bytes_under_a_profile(
    tmp_path: Path, image: Image.Image, ending: str, mode: str
) -> None:
    content, out = tmp_path / f"in.{ending}", tmp_path / f"out.{ending}"
    profile = wide_profile()  # once: the second it was made in is a part of it
    image.convert(mode).save(content, icc_profile=profile)
    read = reader.read(content)
    assert np.abs(read.samples[..., :3].astype(int) - np.asarray(image)[..., :3]).max() > 5
    painted = np.array(read.samples)
    painted[:, 20:, :3] ^= 0x40
    mask = np.full((20, 30, 1), 255, np.uint8)
    mask[:, :10] = 0
    seen = blend(read, painted, PictureFile(mask))
    writer.write(out, seen, read, "{}")
    with Image.open(out) as written:
        assert written.info["icc_profile"] == profile
        kept = np.asarray(written)[:, :20]
    np.testing.assert_array_equal(kept, np.asarray(image.convert(mode))[:, :20])
    again = reader.read(out).samples.astype(int)
    inside = ((painted > 2) & (painted < 253))[..., :3].all(-1)
    assert np.abs(again - painted)[inside].max() <= 6


def test_a_linear_profile_is_not_srgb(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9), (55, 55, 55)).save(tmp_path / "in.png", icc_profile=linear_srgb())
    assert reader.read(tmp_path / "in.png").samples[0, 0].tolist() == [128, 128, 128]


def test_gray_and_inks_with_profiles_become_srgb(tmp_path: Path) -> None:
    gray = imagecodecs.cms_profile("gray", gamma=1.0)
    Image.new("L", (9, 9), 55).save(tmp_path / "in.png", icc_profile=gray)
    read = reader.read(tmp_path / "in.png")
    assert read.profile is None
    assert read.samples[0, 0].tolist() == [128, 128, 128]


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_what_a_photograph_says_is_kept(tmp_path: Path, image: Image.Image, ending: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Artist] = 6, "Someone"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExposureTime] = 0.25
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "S"
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
        b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" tiff:Orientation="6" xmp:Rating="5"/>'
    )
    image.convert("RGB").save(tmp_path / "in.jpg", exif=exif, xmp=xmp, dpi=(200, 200))
    with saved(tmp_path, tmp_path / "in.jpg", f"out.{ending}") as again:
        found = again.getexif()
        assert found[ExifTags.Base.Artist] == "Someone"
        assert ExifTags.Base.Orientation not in found
        assert float(found.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExposureTime]) == 0.25
        assert found.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "S"
        if ending != "webp":
            assert again.info["dpi"][0] == pytest.approx(200, rel=1e-3)
        kept = again.info.get("xmp") or again.info["XML:com.adobe.xmp"].encode()
    assert b'xmp:Rating="5"' in kept
    assert b"Orientation" not in kept
    assert reader.recipe(tmp_path / f"out.{ending}") == "{}"


def test_too_much_to_say_does_not_stop_the_writing(tmp_path: Path, image: Image.Image) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "x" * 70000
    image.save(tmp_path / "in.png", exif=exif)
    assert saved(tmp_path, tmp_path / "in.png", "out.jpg").size == image.size
    assert reader.recipe(tmp_path / "out.jpg") == "{}"


def test_broken_exif_does_not_stop_the_work(tmp_path: Path, image: Image.Image) -> None:
    image.convert("RGB").save(tmp_path / "in.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert saved(tmp_path, tmp_path / "in.jpg", "out.png").size == image.size


@pytest.mark.parametrize("name", ["out.png", "out.tif"])
def test_names_that_libraries_take_for_more_than_names(
    tmp_path: Path, image: Image.Image, name: str
) -> None:
    folder = tmp_path / "[1] 100% ünï?*"
    folder.mkdir()
    image.save(folder / f"a[0],b{name}")
    again = saved(folder, folder / f"a[0],b{name}", f"c[1]=d{name}")
    np.testing.assert_array_equal(np.asarray(again), np.asarray(image))
