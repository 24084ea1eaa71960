#!/usr/bin/env bash
# Pillow 13.0.0 garbles 16-bit RGB TIFFs whose planes lie one after the other without compression.
#
# PlanarConfiguration 2 with 16 bits is opened as RGB, without an error, and its pixels are those of some
# other arrangement; the same planes with deflate (through libtiff) are right to a step of 8 bits.
# Seen on 2026-11-29, on a ramp:
#     no compression: off by up to 233 of 255; deflate: off by up to 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0 tifffile==2026.3.3 imagecodecs==2026.3.6 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import io

import numpy as np
import tifffile
from PIL import Image

y, x = np.mgrid[0:64, 0:96]
planes = np.stack([x * 680, y * 1000, (x + y) * 400]).astype(np.uint16)


def off(compression):
    file = io.BytesIO()
    tifffile.imwrite(
        file, planes, photometric="rgb", planarconfig="separate", compression=compression, metadata=None
    )
    seen = np.asarray(Image.open(file)).astype(int)
    return int(np.abs(seen - np.moveaxis(planes, 0, -1) // 257).max())


plain, deflated = off(None), off("zlib")
print(f"no compression: off by up to {plain} of 255; deflate: off by up to {deflated}")
assert plain > 100 and deflated <= 1, "this has changed"
PYTHON
