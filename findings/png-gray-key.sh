#!/usr/bin/env bash
# Pillow 13.0.0 shows no transparency in gray PNGs of 2 and 4 bits.
#
# tRNS names one gray in the file's own depth. Pillow scales the samples to 8 bits but compares them with
# the key as it stands, so 15 of 4 bits is looked for among 0, 17, 34 … 255. Of 1, 8 and 16 bits it is right.
# No error, no warning. Seen on 2026-11-29, for a picture that is white, the transparent gray:
#     alpha of 2 bits: 255; of 4 bits: 255; of 8 bits: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io
import struct
import zlib

from PIL import Image


def chunk(name, content):
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def white(bits):
    row = b"\0" + b"\xff" * bits  # 8 pixels
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, bits, 0, 0, 0, 0)),
            chunk(b"tRNS", struct.pack(">H", 2**bits - 1)),
            chunk(b"IDAT", zlib.compress(row * 8)),
            chunk(b"IEND", b""),
        )
    )


alphas = {bits: Image.open(io.BytesIO(white(bits))).convert("RGBA").getpixel((0, 0))[3] for bits in (2, 4, 8)}
print("alpha of " + "; of ".join(f"{bits} bits: {alpha}" for bits, alpha in alphas.items()))
assert alphas == {2: 255, 4: 255, 8: 0}, "this has changed"
PYTHON
