"""Results: what they keep of their content, what they may not say any more, their places."""

from __future__ import annotations

import io
import os
import stat
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageFile

from nst_server.pictures.metadata import Metadata
from nst_server.pictures.picture_file import PictureFile
from nst_server.pictures.reading import reader
from nst_server.pictures.writing import writer
from nst_server.pictures.writing.formats import format_of
from nst_server.pictures.writing.output_file import check_place
from nst_server.values.errors import NeuralStyleError
from tests.support import patches
from tests.support.patches import ADOBE, ADOBE_GAMMA, RGB, SRGB, in_space, light, png, whole


def read(folder: Path, name: str, data: bytes) -> PictureFile:
    (folder / name).write_bytes(data)
    return reader.read(folder / name)


def written(content: PictureFile, path: Path) -> tuple[str, ...]:
    """Write the content as its own painting, and return what is said of it."""
    return writer.write(path, content.samples, content, "{}")


RAMP = np.tile(np.linspace(0, 63 / 255, 64)[:, np.newaxis], (4, 1, 3))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_eight_bits_have_no_linear_profile(tmp_path: Path, bits: int, ending: str) -> None:
    profile = patches.profile(SRGB, 1.0)
    data = patches.one(whole(light(RAMP), bits), iccprofile=profile)
    content = read(tmp_path, "in.tif", data)
    written(content, tmp_path / f"out.{ending}")
    with Image.open(tmp_path / f"out.{ending}") as image:
        kept = image.info.get("icc_profile")
        levels = len(np.unique(np.asarray(image.convert("RGB"))[..., 1]))
    deep = bits == 16 and ending in ("png", "tif")
    assert kept == (profile if deep else None)
    if bits == 16 and not deep:
        assert levels >= 48


@pytest.mark.parametrize("ending", ["bmp", "gif", "tga", "ppm", "jp2"])
def test_formats_without_a_profile_have_the_numbers_of_srgb(tmp_path: Path, ending: str) -> None:
    data = png(
        whole(in_space(RGB, ADOBE, ADOBE_GAMMA)),
        patches.icc_chunk(patches.profile(ADOBE, ADOBE_GAMMA)),
    )
    written(read(tmp_path, "in.png", data), tmp_path / f"out.{ending}")
    with Image.open(tmp_path / f"out.{ending}") as image:
        assert "icc_profile" not in image.info
        seen = np.asarray(image.convert("RGB")) / 255
    assert np.abs(seen - RGB)[4::8, 4::8].max() <= 4 / 255


PHONE = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:note="http://ns.adobe.com/xmp/note/"'
    ' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"'
    ' xmlns:camera="http://ns.google.com/photos/1.0/camera/"'
    ' xmlns:box="http://ns.google.com/photos/1.0/container/"'
    ' xmlns:item="http://ns.google.com/photos/1.0/container/item/"'
    ' xmlns:apple="http://ns.apple.com/HDRGainMap/1.0/"'
    ' hdrgm:Version="1.0" camera:MotionPhoto="1" camera:MicroVideoOffset="999"'
    ' tiff:Orientation="6" exif:ColorSpace="65535" note:HasExtendedXMP="0123" xmp:Rating="5">'
    "<apple:HDRGainMapVersion>65536</apple:HDRGainMapVersion>"
    "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Harbor</rdf:li></rdf:Alt></dc:title>"
    "<box:Directory><rdf:Seq><rdf:li rdf:parseType='Resource'>"
    "<box:Item item:Semantic='GainMap' item:Mime='video/mp4'/></rdf:li></rdf:Seq></box:Directory>"
    "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
)


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp", "avif"])
def test_xmp_says_nothing_of_what_is_not_there(tmp_path: Path, ending: str) -> None:
    data = patches.by_pillow(whole(RGB), "JPEG", xmp=PHONE.encode())
    written(read(tmp_path, "in.jpg", data), tmp_path / f"out.{ending}")
    with Image.open(tmp_path / f"out.{ending}") as image:
        packet = image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode()
    said = packet.decode()
    assert "Harbor" in said and 'xmp:Rating="5"' in said and "<?xpacket end" in said
    gone = "GainMap hdr-gain-map MotionPhoto MicroVideo video/mp4 Orientation ColorSpace Extended"
    assert not [word for word in gone.split() if word in said]


def test_xmp_that_is_no_xml_is_left_out(tmp_path: Path) -> None:
    data = patches.by_pillow(whole(RGB), "JPEG", xmp=b"<x:xmpmeta hdrgm:Version='1.0'>")
    assert read(tmp_path, "in.jpg", data).metadata.xmp is None


def test_exif_has_no_thumbnail_no_maker_note_and_the_right_color_space(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = {0xA001: 65535, 0x927C: b"Apple iOS\0", 0xA002: 64, 0x829A: 0.5}
    data = patches.by_pillow(whole(RGB), "JPEG", exif=exif)
    written(read(tmp_path, "in.jpg", data), tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as image:
        found = image.getexif()
        details = found.get_ifd(ExifTags.IFD.Exif)
        assert not found.get_ifd(ExifTags.IFD.IFD1)
    assert details[0x829A] == 0.5
    assert details[0xA001] == 1, "the numbers are sRGB's, whatever the camera said"
    assert 0x927C not in details and 0xA002 not in details


@pytest.mark.parametrize("dpi", [5e8, 1e-3])
@pytest.mark.parametrize("ending", ["jpg", "png", "bmp", "webp", "gif"])
def test_a_resolution_that_a_format_cannot_say_is_left_out(
    tmp_path: Path, ending: str, dpi: float
) -> None:
    data = patches.one(whole(RGB, 16), resolution=(dpi, dpi), resolutionunit="inch")
    content = read(tmp_path, "in.tif", data)
    assert content.metadata.dpi == pytest.approx((dpi, dpi))
    written(content, tmp_path / f"out.{ending}")
    with Image.open(tmp_path / f"out.{ending}") as image:
        said = None if image.info.get("jfif_unit") == 0 else image.info.get("dpi")
        # A BMP always says one: Pillow's is that of a screen.
        assert said is None or (ending == "bmp" and said[0] == pytest.approx(96, abs=0.1))


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp", "avif"])
def test_a_painting_outlives_what_is_written_beside_it(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = read(tmp_path, "in.png", png(whole(RGB)))

    def broken(*_: object) -> Any:
        raise ArithmeticError("a library stumbles")

    monkeypatch.setattr(Image.Exif, "tobytes", broken)
    monkeypatch.setattr(Metadata, "exif_with", lambda *_: Image.Exif())
    said = written(content, tmp_path / f"out.{ending}")
    monkeypatch.undo()
    assert reader.read(tmp_path / f"out.{ending}").samples.shape == content.samples.shape
    assert all("left out" in note for note in said)


def test_what_no_library_can_write_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = read(tmp_path, "in.png", png(whole(RGB)))

    def broken(*_: object, **__: object) -> None:
        raise TypeError("a library stumbles")

    monkeypatch.setattr(ImageFile, "_save", broken)
    with pytest.raises(NeuralStyleError, match="could not be written") as caught:
        written(content, tmp_path / "out.jpg")
    assert caught.value.code == "unwritable"


CICP = patches.chunk(b"cICP", bytes([9, 16, 0, 1]))


@pytest.mark.parametrize("bits", [8, 16])
def test_cicp_stays_beside_its_numbers(tmp_path: Path, bits: int) -> None:
    content = read(tmp_path, "in.png", png(whole(RGB, bits), CICP))
    assert written(content, tmp_path / "out.png") == ()
    data = (tmp_path / "out.png").read_bytes()
    assert CICP in data and data.index(CICP) < data.index(b"IDAT")
    np.testing.assert_array_equal(reader.read(tmp_path / "out.png").samples, content.samples)
    (note,) = written(content, tmp_path / "out.jpg")
    assert "cICP" in note


def test_cicp_of_a_dropped_profile_is_said(tmp_path: Path) -> None:
    icc = patches.icc_chunk(patches.profile(SRGB, 1.0))
    content = read(tmp_path, "in.png", png(whole(light(RGB)), icc, CICP))
    assert written(content, tmp_path / "out.png")
    assert CICP not in (tmp_path / "out.png").read_bytes()


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp", "avif"])
def test_these_formats_hold_the_recipe(tmp_path: Path, ending: str) -> None:
    content = read(tmp_path, "in.png", png(whole(RGB)))
    written(content, tmp_path / f"out.{ending}")
    assert reader.recipe(tmp_path / f"out.{ending}") == "{}"


@pytest.mark.parametrize("ending", ["gif", "bmp", "jp2", "tga", "ppm"])
def test_these_formats_hold_no_recipe(tmp_path: Path, ending: str) -> None:
    content = read(tmp_path, "in.png", png(whole(RGB)))
    written(content, tmp_path / f"out.{ending}")
    with pytest.raises(NeuralStyleError, match="does not say how it was made"):
        reader.recipe(tmp_path / f"out.{ending}")


# Places


@pytest.fixture
def content(tmp_path: Path) -> PictureFile:
    return read(tmp_path, "content.png", png(whole(RGB)))


def test_a_link_is_written_through(tmp_path: Path, content: PictureFile) -> None:
    (tmp_path / "there").mkdir()
    link, target = tmp_path / "out.png", tmp_path / "there" / "real.png"
    link.symlink_to(target)
    written(content, link)
    assert link.is_symlink() and target.is_file()
    again = reader.read(target)
    written(again, link)
    assert link.is_symlink()
    assert [path.name for path in target.parent.iterdir()] == ["real.png"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_keeps_its_rights(tmp_path: Path, content: PictureFile, mode: int) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"old")
    out.chmod(mode)
    if os.geteuid() == 0:
        os.chown(out, 1234, 1235)
    written(content, out)
    assert stat.S_IMODE(out.stat().st_mode) == mode
    if os.geteuid() == 0:
        assert (out.stat().st_uid, out.stat().st_gid) == (1234, 1235)


def test_a_new_file_has_the_rights_of_any_other(tmp_path: Path, content: PictureFile) -> None:
    (tmp_path / "other").write_bytes(b"")
    written(content, tmp_path / "out.png")
    assert (tmp_path / "out.png").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("name", ["out", "out.jpg"])
def test_a_pipe_is_written_to_and_read_from(
    tmp_path: Path, content: PictureFile, name: str
) -> None:
    pipe = tmp_path / name
    os.mkfifo(pipe)
    got: list[PictureFile] = []
    reading = threading.Thread(target=lambda: got.append(reader.read(pipe)))
    reading.start()
    written(content, pipe)
    reading.join(30)
    assert stat.S_ISFIFO(pipe.stat().st_mode), "it is not replaced"
    assert got[0].samples.shape == content.samples.shape
    assert format_of(pipe).name == ("JPEG" if "." in name else "PNG")


def test_a_full_device_is_a_sentence(content: PictureFile) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(NeuralStyleError, match="No space left on device"):
        written(content, full)
    assert stat.S_ISCHR(full.stat().st_mode)


def test_a_device_without_an_end_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Path("/dev/zero")
    if not endless.exists():
        pytest.skip("this system has no /dev/zero")
    monkeypatch.setattr("nst_server.pictures.reading.source._LONGEST_STREAM", 2**22)
    with pytest.raises(NeuralStyleError, match="does not end"):
        reader.read(endless)


def test_an_animation_is_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.fromarray(whole(picture)) for picture in (RGB, 1 - RGB)]
    for kind in ("GIF", "WEBP", "PNG"):
        file = io.BytesIO()
        how = {"lossless": True} if kind == "WEBP" else {}
        frames[0].save(file, kind, save_all=True, append_images=frames[1:], **how)
        seen = read(tmp_path, f"in.{kind.lower()}", file.getvalue()).samples
        np.testing.assert_array_equal(seen[..., :3], whole(RGB))


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp", "avif"])
@pytest.mark.parametrize("bits", [8, 16])
def test_names_are_not_falsified(tmp_path: Path, ending: str, bits: int) -> None:
    name = "José Müller".encode()
    data = patches.one(whole(RGB, bits), extratags=[(315, "s", 0, name, True)])
    assert written(read(tmp_path, "in.tif", data), tmp_path / f"out.{ending}") == ()
    assert name in (tmp_path / f"out.{ending}").read_bytes()


@pytest.mark.parametrize("samples", [RGB.astype(np.float32), whole(RGB, 32), whole(RGB, 12)])
def test_what_a_tiff_says_is_kept_whatever_its_numbers(
    tmp_path: Path, samples: patches.Array
) -> None:
    how = {"bitspersample": 12} if samples.dtype == np.uint16 else {}
    thumbnail = whole(patches.OTHER), {"subfiletype": 1, "resolution": (72, 72)}
    tags = [(315, "s", 0, b"Me", True), (700, "B", len(PHONE), PHONE.encode(), True)]
    main: dict[str, Any] = {"resolution": (300, 300), "resolutionunit": "inch", "extratags": tags}
    content = read(tmp_path, "in.tif", patches.tiff(thumbnail, (samples, main | how)))
    assert content.metadata.dpi == (300, 300)
    assert content.metadata.xmp is not None and b"Harbor" in content.metadata.xmp
    written(content, tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.getexif()[ExifTags.Base.Artist] == "Me"


def test_resolution_and_places_turn_with_the_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    regions = PHONE.replace('tiff:Orientation="6"', "").replace(
        "<box:Directory>",
        '<mwg:Regions xmlns:mwg="http://www.metadataworkinggroup.com/schemas/regions/"/>'
        "<box:Directory>",
    )
    for turned in (exif, Image.Exif()):
        data = patches.by_pillow(
            whole(RGB), "JPEG", exif=turned, dpi=(300, 150), xmp=regions.encode()
        )
        metadata = read(tmp_path, "in.jpg", data).metadata
        assert metadata.dpi == ((150, 300) if turned is exif else (300, 150))
        assert metadata.xmp is not None
        assert (b"Regions" in metadata.xmp) == (turned is not exif)


@pytest.mark.parametrize("name", ["out.pgm", "out.pbm", "out.j2k", "out.jpx"])
def test_endings_of_other_kinds_are_not_written(name: str) -> None:
    with pytest.raises(NeuralStyleError, match="names no picture format"):
        format_of(Path(name))


def test_links_that_lead_to_each_other_are_a_sentence(tmp_path: Path) -> None:
    loop = tmp_path / "loop.png"
    loop.symlink_to(loop)
    with pytest.raises(NeuralStyleError) as caught:
        check_place(loop)
    assert caught.value.code == "unwritable"
