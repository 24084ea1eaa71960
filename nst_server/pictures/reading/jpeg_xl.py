"""JPEG XL, by imagecodecs, where the file says in plain numbers which colors it has.

imagecodecs decodes pixels but tells neither color space nor profile, so the header is read here
(ISO/IEC 18181-1, image header). Files with an ICC profile of their own are left to GIMP.
"""

from __future__ import annotations

import imagecodecs
import numpy as np

from nst_server.pictures import color_profiles
from nst_server.pictures.reading.boxes import boxes
from nst_server.pictures.reading.decoded import Decoded, NotReadError, check_size
from nst_server.pictures.samples import in_full_range, straight

CODESTREAM_MAGIC = b"\xff\x0a"
FILE_MAGIC = b"\0\0\0\x0cJXL \r\n\x87\n"

_D65 = 1
_PRIMARIES = {1: color_profiles.SRGB, 9: color_profiles.BT_2020, 11: color_profiles.DISPLAY_P3}
"""By their number."""
_LINEAR, _SRGB_TRANSFER = 8, 13
_GRAY = 1
_ALPHA = 0


def decode(data: bytes) -> Decoded:
    """The picture, upright. Raises `NotReadError` if its colors are not known."""
    header = _Header(_codestream(data))
    decoded = np.asarray(imagecodecs.jpegxl_decode(data))
    if decoded.dtype not in (np.uint8, np.uint16):
        raise NotReadError("is a JPEG XL file of floating-point numbers")
    samples = decoded.reshape(*decoded.shape[:2], -1)
    channels = 1 if samples.shape[2] <= 2 else 3
    colors = in_full_range(samples[..., :channels], header.bits)
    if samples.shape[2] == channels:
        return Decoded(colors, None, header.profile)
    alpha = in_full_range(samples[..., channels], header.alpha_bits)
    if alpha.dtype != colors.dtype:
        raise NotReadError("is a JPEG XL file whose alpha has another depth")
    return Decoded(straight(colors, alpha) if header.multiplied else colors, alpha, header.profile)


def _codestream(data: bytes) -> bytes:
    if data.startswith(CODESTREAM_MAGIC):
        return data
    for kind, content in boxes(data):
        if kind == b"jxlc":
            return content
        if kind == b"jxlp":  # after the number of this part
            return content[4:]
    raise ValueError("no codestream")


class _Header:
    """The beginning of a codestream, read bit by bit. Raises `NotReadError` for what is rare."""

    def __init__(self, codestream: bytes) -> None:
        head = codestream[len(CODESTREAM_MAGIC) :][:4096]
        self._bits, self._left = int.from_bytes(head, "little"), 8 * len(head)
        self.bits = self.alpha_bits = 8
        self.multiplied = False
        self.profile: bytes | None = None
        check_size(*self._size())
        if not self._flag():  # all_default: 8 bits, sRGB
            self._metadata()

    def _take(self, count: int) -> int:
        if count > self._left:
            raise ValueError("header cut short")
        value = self._bits & ((1 << count) - 1)
        self._bits >>= count
        self._left -= count
        return value

    def _flag(self) -> bool:
        return self._take(1) == 1

    def _one_of(self, *choices: tuple[int, int]) -> int:
        """U32 of the standard: two bits choose an offset and the number of bits added to it."""
        offset, count = choices[self._take(2)]
        return offset + self._take(count)

    def _enumerated(self) -> int:
        return self._one_of((0, 0), (1, 0), (2, 4), (18, 6))

    def _size(self) -> tuple[int, int]:
        small = self._flag()
        height = self._side(small)
        ratio = self._take(3)
        if ratio == 0:
            return self._side(small), height
        across, down = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
        return height * across // down, height

    def _side(self, small: bool) -> int:
        if small:
            return 8 * (1 + self._take(5))
        return self._one_of((1, 9), (1, 13), (1, 18), (1, 30))

    def _metadata(self) -> None:
        if self._flag():
            self._take(3)  # orientation, which the decoder applies
            if self._flag():
                self._size()  # intrinsic size
            if self._flag() or self._flag():
                raise NotReadError("is a JPEG XL file with a preview or an animation")
        self.bits = self._bit_depth()
        self._flag()  # modular_16bit_buffers
        for _ in range(self._one_of((0, 0), (1, 0), (2, 4), (1, 12))):
            self._extra_channel()
        self._color_encoding(absolute=self._flag())  # xyb_encoded

    def _bit_depth(self) -> int:
        if self._flag():
            raise NotReadError("is a JPEG XL file of floating-point numbers")
        return self._one_of((8, 0), (10, 0), (12, 0), (1, 6))

    def _extra_channel(self) -> None:
        if self._flag():  # alpha of 8 bits, straight
            return
        if self._enumerated() != _ALPHA:
            raise NotReadError("is a JPEG XL file of a rare kind")
        self.alpha_bits = self._bit_depth()
        self._one_of((0, 0), (3, 0), (4, 0), (1, 3))  # dim_shift
        self._take(8 * self._one_of((0, 0), (0, 4), (16, 5), (48, 10)))  # name
        self.multiplied = self._flag()

    def _color_encoding(self, absolute: bool) -> None:
        """``absolute`` colors that have an ICC profile are decoded to sRGB."""
        if self._flag():  # all_default
            return
        if self._flag():  # want_icc
            if not absolute:
                raise NotReadError("is a JPEG XL file with a color profile")
            return
        gray = self._enumerated() == _GRAY
        white = self._enumerated()
        primaries = color_profiles.SRGB if gray else _PRIMARIES.get(self._enumerated())
        gamma = self._gamma()
        if white != _D65 or primaries is None or gamma == 0:
            raise NotReadError("is a JPEG XL file of rare colors")
        if gamma is not None or primaries != color_profiles.SRGB:
            self.profile = color_profiles.generated(gamma, primaries, gray)

    def _gamma(self) -> float | None:
        """The exponent from numbers to light; None for sRGB's curve, 0 for an unknown one."""
        if self._flag():
            return 10_000_000 / max(self._take(24), 1)
        return {_SRGB_TRANSFER: None, _LINEAR: 1.0}.get(self._enumerated(), 0.0)
