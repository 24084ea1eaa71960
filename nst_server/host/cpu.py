"""Features of this machine's processor."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


def flags() -> frozenset[str]:
    """Return the processor's feature names as Linux lists them on x86; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return next(
        (frozenset(line.split()) for line in lines if line.startswith("flags")), frozenset()
    )


def suits_one_dnn(features: Collection[str]) -> bool:
    """True if oneDNN has fast kernels for our pixel layout, which only AVX-512 gives it."""
    return "avx512f" in features
