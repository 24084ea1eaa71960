#!/usr/bin/env bash
# imagecodecs 2026.3.6 says of every 16-bit JPEG XL that it writes that its numbers are linear light.
#
# jpegxl_encode takes numbers as they are and has no option for their color space. Of 8 bits the header
# then says sRGB, of 16 bits linear sRGB (transfer function 8): other programs show 16-bit pictures far too
# light, although the numbers come back from jpegxl_decode exactly. Seen on 2026-11-29 with libjxl 0.11.2:
#     8 bits: transfer function 13 (sRGB); 16 bits: transfer function 8 (linear)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet imagecodecs==2026.3.6 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import imagecodecs
import numpy as np


def transfer_function(data):
    """Of the codestream's header (ISO/IEC 18181-1), for a gray picture of 8×8 pixels."""
    start = data.index(b"\xff\x0a") if data[:2] == b"\xff\x0a" else data.index(b"jxlc") + 4
    bits = iter(f"{byte:08b}"[::-1] for byte in data[start + 2 : start + 40])
    text = "".join(bits)
    place = 0

    def take(count):
        nonlocal place
        value = int(text[place : place + count][::-1] or "0", 2)
        place += count
        return value

    def one_of(*choices):
        offset, count = choices[take(2)]
        return offset + take(count)

    enumerated = (0, 0), (1, 0), (2, 4), (18, 6)
    assert take(1) == 1  # sides are multiples of 8
    take(5)
    assert take(3) == 1  # as wide as high
    if take(1):  # all as by default
        return 13
    if take(1):
        raise SystemExit("extra fields")
    assert take(1) == 0  # integers
    one_of((8, 0), (10, 0), (12, 0), (1, 6))
    take(1)
    assert one_of((0, 0), (1, 0), (2, 4), (1, 12)) == 0  # no more channels
    take(1)
    if take(1):  # sRGB as by default
        return 13
    assert take(1) == 0  # no ICC profile
    assert one_of(*enumerated) == 1  # gray
    one_of(*enumerated)  # white
    assert take(1) == 0  # no gamma
    return one_of(*enumerated)


gray = np.arange(64).reshape(8, 8)
found = {}
for dtype in (np.uint8, np.uint16):
    picture = (gray * np.iinfo(dtype).max // 63).astype(dtype)
    data = imagecodecs.jpegxl_encode(picture, lossless=True)
    assert (imagecodecs.jpegxl_decode(data) == picture).all()
    found[dtype] = transfer_function(bytes(data))
names = {13: "sRGB", 8: "linear"}
print("; ".join(f"{np.dtype(d).itemsize * 8} bits: transfer function {t} ({names.get(t)})" for d, t in found.items()))
assert list(found.values()) == [13, 8], "this has changed"
PYTHON
