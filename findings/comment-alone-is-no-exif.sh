#!/usr/bin/env bash
# Pillow 13.0.0 writes no EXIF into a PNG or an AVIF if all entries are in sub-directories.
#
# An Image.Exif with a UserComment, but nothing in its main directory, is false in a boolean context; these
# two writers ask `if exif` and leave it out. JPEG and WebP write it; so do all four if they get the bytes.
# No error, no warning. Seen on 2026-11-29:
#     object: JPEG yes, PNG no, WEBP yes, AVIF no
#     bytes: JPEG yes, PNG yes, WEBP yes, AVIF yes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io

from PIL import ExifTags, Image

exif = Image.Exif()
exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = b"ASCII\0\0\0a comment"
found = {}
for called, block in (("object", exif), ("bytes", exif.tobytes())):
    for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
        file = io.BytesIO()
        Image.new("RGB", (16, 16)).save(file, kind, exif=block)
        entries = Image.open(io.BytesIO(file.getvalue())).getexif().get_ifd(ExifTags.IFD.Exif)
        found[called, kind] = ExifTags.Base.UserComment in entries
    told = (f"{kind} {'yes' if found[called, kind] else 'no'}" for kind in ("JPEG", "PNG", "WEBP", "AVIF"))
    print(f"{called}: {', '.join(told)}")
lost = [key for key, there in found.items() if not there]
assert lost == [("object", "PNG"), ("object", "AVIF")], "this has changed"
PYTHON
