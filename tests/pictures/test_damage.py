"""Whatever a damaged file makes a decoder do, people read a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from nst_server.pictures.reading import reader
from nst_server.values.errors import NeuralStyleError
from tests.support import patches

REPOSITORY = Path(__file__).resolve().parents[2]


def test_two_thousand_damaged_files_get_sentences() -> None:
    words = [sys.executable, "-m", "tests.support.damage", "2000", "23"]
    read = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert read.returncode == 0, f"{read.stdout[-2000:]}\nlast: {read.stderr[-200:]}"


NOISE = np.random.default_rng(0).integers(0, 256, (80, 120, 3), np.uint8)
DEEP = NOISE.astype(np.uint16) * 257

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "TGA", "PPM", "JPEG2000", "SGI", "QOI")
WHOLE: dict[str, bytes] = {
    **{
        f"{kind}.{kind.lower()}": patches.by_pillow(NOISE, kind)
        for kind in [
            "PNG",
            "JPEG",
            "GIF",
            "WEBP",
            "AVIF",
            "BMP",
            "TGA",
            "PPM",
            "JPEG2000",
            "SGI",
            "PCX",
            "QOI",
        ]
    },
    **{
        f"{compression}-{bits}-{len(how)}.tif": patches.one(
            NOISE if bits == 8 else DEEP, compression=compression, **how
        )
        for compression in (None, "lzw", "zlib", "packbits", "jpeg")
        for bits in (8, 16)
        for how in ({}, {"rowsperstrip": 16}, {"tile": (32, 32), "photometric": "rgb"})
        if bits == 8 or compression != "jpeg"
    },
    "deep.png": patches.png(DEEP),
    "deep.jp2": bytes(imagecodecs.jpeg2k_encode(DEEP >> 4, 0, codecformat="jp2", bitspersample=12)),
    "deep.jpg": bytes(imagecodecs.jpeg_encode(DEEP >> 4, level=90, bitspersample=12)),
    "lossless.jxl": bytes(imagecodecs.jpegxl_encode(NOISE, lossless=True)),
    "light.hdr": bytes(imagecodecs.rgbe_encode(NOISE.astype(np.float32), header=True)),
}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_is_cut_short_is_no_picture_with_gray_in_it(
    tmp_path: Path, name: str, share: float
) -> None:
    path = tmp_path / name
    path.write_bytes(WHOLE[name])
    assert reader.read(path).samples.shape[:2] == (80, 120)
    path.write_bytes(WHOLE[name][: int(share * len(WHOLE[name]))])
    with pytest.raises(NeuralStyleError):
        reader.read(path)
