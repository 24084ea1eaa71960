"""How wide maps are best made for convolutions."""

from __future__ import annotations

_STEP = 16

_WIDE = 1536
"""Beyond it a larger step, which costs little there, and suits the deep maps better."""

_WIDE_STEP = 64


def fast_width(least: int) -> int:
    """From ``least`` on the next width at which convolutions are fast.

    oneDNN divides rows into blocks, and with AMX its convolutions take twice to five times as long
    for every fifth width, by how that divides: with 128 channels 359 positions take as long as
    1800 others. Multiples of 16 are divided well down to the deepest maps, of wide pictures those
    of 64 (`bench/docs/README.md`). Heights make no difference.
    """
    step = _STEP if least <= _WIDE else _WIDE_STEP
    return -(-least // step) * step
