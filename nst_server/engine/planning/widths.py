"""Widths of feature maps at which convolutions are fast."""

from __future__ import annotations

_STEP = 16

_WIDE = 1536
"""Width above which steps are larger: that costs little there and suits the deep maps better."""

_WIDE_STEP = 64


def fast_width(least: int, levels: int = 1) -> int:
    """Return the smallest width not below ``least`` that is fast in all ``levels`` of halves.

    oneDNN divides rows into blocks. With AMX every fifth width divides badly, and its convolutions
    take two to five times as long: with 128 channels, 359 positions take as long as 1800 others.
    Multiples of 16 divide well down to the deepest maps; for wide pictures multiples of 64 do
    (`nst_server/bench/docs/README.md`). Heights make no difference.
    """
    step = max(_STEP << (levels - 1), _STEP if least <= _WIDE else _WIDE_STEP)
    return -(-least // step) * step
