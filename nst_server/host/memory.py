"""Free memory of the machine and memory used by a process."""

from __future__ import annotations

from pathlib import Path


def available_memory() -> int | None:
    """Return the bytes still available to a process; None if the system does not tell."""
    return _entry("/proc/meminfo", "MemAvailable:")


def resident_memory(process: int) -> int | None:
    """Return the bytes held by the process with this id; None if the system does not tell."""
    return _entry(f"/proc/{process}/status", "VmRSS:")


def peak_memory(process: int) -> int | None:
    """Return the peak bytes held by the process with this id; None if the system does not tell."""
    return _entry(f"/proc/{process}/status", "VmHWM:")


def _entry(file: str, name: str) -> int | None:
    """Return the value of the line ``name`` in bytes; Linux gives it in kilobytes."""
    try:
        for line in Path(file).read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None
