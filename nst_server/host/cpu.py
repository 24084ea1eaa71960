"""What this machine's processor can do."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


def flags() -> frozenset[str]:
    """Names of the processor's features as Linux has them on x86; elsewhere there are none."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return next(
        (frozenset(line.split()) for line in lines if line.startswith("flags")), frozenset()
    )


def suits_one_dnn(features: Collection[str]) -> bool:
    """Whether oneDNN has fast kernels for our layout of pixels: with AVX-512 alone."""
    return "avx512f" in features
