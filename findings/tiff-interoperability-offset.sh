#!/usr/bin/env bash
# Pillow 13.0.0 loses the EXIF interoperability index when it saves a TIFF.
#
# The index (R03 for Adobe RGB) lies in a directory below EXIF's own. In a JPEG it comes back; in a TIFF
# the pointer to it is written as if EXIF began at byte 0 of the file, so it points into something else, and
# readers find nothing there. No error, no warning. Seen on 2026-11-29:
#     JPEG: R03; TIFF: None
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io

from PIL import ExifTags, Image

exif = Image.Exif()
exif[ExifTags.IFD.Exif] = {0xA001: 65535, ExifTags.IFD.Interop: {1: "R03", 2: b"0100"}}
found = {}
for kind in ("JPEG", "TIFF"):
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, kind, exif=exif.tobytes())
    found[kind] = Image.open(io.BytesIO(file.getvalue())).getexif().get_ifd(ExifTags.IFD.Interop).get(1)
print("; ".join(f"{kind}: {index}" for kind, index in found.items()))
assert found == {"JPEG": "R03", "TIFF": None}, "this has changed"
PYTHON
