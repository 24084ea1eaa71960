#!/usr/bin/env bash
# Pillow 13.0.0 reads white as black from JPEG 2000 files of RGB with more than 8 bits.
#
# A component of 10, 12 or 16 bits is rounded to 8 by adding half a step and shifting, without a limit
# above: the highest half step becomes 256, which is stored as 0. Gray is not concerned (mode I;16).
# No error, no warning. Seen on 2026-11-29 with imagecodecs 2026.3.6 (OpenJPEG 2.5.4) as the writer:
#     12 bits: 4095 is read as 0, 4087 as 255, 2048 as 128
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0 imagecodecs==2026.3.6 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import io

import imagecodecs
import numpy as np
from PIL import Image

row = np.array([4095, 4087, 2048], np.uint16)
picture = np.repeat(row[np.newaxis, :, np.newaxis], 3, 2).repeat(8, 0).repeat(8, 1)
data = imagecodecs.jpeg2k_encode(picture, 0, codecformat="jp2", bitspersample=12)
assert (imagecodecs.jpeg2k_decode(data) == picture).all()
seen = np.asarray(Image.open(io.BytesIO(data)))[0, ::8, 0].tolist()
print("12 bits:", ", ".join(f"{a} is read as {b}" for a, b in zip(row.tolist(), seen)))
assert seen == [0, 255, 128], "this has changed"
PYTHON
