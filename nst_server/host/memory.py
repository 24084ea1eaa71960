"""How much memory is free, and how much a process has."""

from __future__ import annotations

from pathlib import Path


def available_memory() -> int | None:
    """Bytes that a process could still get, None where the system does not tell."""
    return _told("/proc/meminfo", "MemAvailable:")


def resident_memory(process: int) -> int | None:
    """Bytes that a process has, by its number; None where the system does not tell."""
    return _told(f"/proc/{process}/status", "VmRSS:")


def peak_memory(process: int) -> int | None:
    """The most bytes that a process ever had; None where the system does not tell."""
    return _told(f"/proc/{process}/status", "VmHWM:")


def _told(file: str, name: str) -> int | None:
    """Bytes, from a line with kilobytes such as Linux has them."""
    try:
        for line in Path(file).read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None
