"""Limits that a process has from whoever started it: those it can lift, and the others in words."""

from __future__ import annotations

import contextlib
import os
import sys

_FEW_FILES = 256
"""Open files that a server with many clients needs, and some to spare."""
_MANY_FILES = 4096
"""Open files that are never too few for a client."""


def lift_soft_limits() -> None:
    """Raise this process's soft limits to the hard ones, which only root could raise.

    Stack and core files stay, since more of them is not better. Processor time ends a second
    short: then the system says SIGXCPU before it kills without a reason.
    """
    if sys.platform == "win32":
        return
    import resource

    for name in ("AS", "CPU", "DATA", "FSIZE", "NOFILE", "NPROC", "RSS"):
        number = getattr(resource, f"RLIMIT_{name}", None)
        if number is None:
            continue
        hard = resource.getrlimit(number)[1]
        is_time = name == "CPU" and hard != resource.RLIM_INFINITY
        with contextlib.suppress(OSError, ValueError):  # macOS has less than it says
            resource.setrlimit(number, (max(1, hard - 1) if is_time else hard, hard))


def allow_open_files() -> int:
    """Return the number of files that this process may have open at once, raised if it may be."""
    if sys.platform == "win32":
        return _MANY_FILES
    import resource

    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if most == resource.RLIM_INFINITY else min(most, _MANY_FILES)
    if limit == resource.RLIM_INFINITY or limit >= wanted:
        return _MANY_FILES if limit == resource.RLIM_INFINITY else limit
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return wanted


def undo_priority(process: int) -> None:
    """Give a process that was just started the priority and the processors of any other.

    What the system does not permit stays: only root lowers a nice value.
    """
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        if os.getpriority(os.PRIO_PROCESS, process) > 0:
            os.setpriority(os.PRIO_PROCESS, process, 0)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setaffinity(process, range(os.cpu_count() or 1))


def memory_is_limited() -> bool:
    """True if this process and its children cannot take all memory that there is."""
    return _hard("AS") is not None or _hard("DATA") is not None


def limits_in_words() -> list[str]:
    """Return a sentence for each limit under which this process and its children work."""
    if sys.platform == "win32":
        return []
    sentences = []
    if (seconds := _hard("CPU")) is not None:
        sentences.append(f"Each process may use {seconds} s of processor time (ulimit -t).")
    for name, flag in (("AS", "v"), ("DATA", "d")):
        if (size := _hard(name)) is not None:
            sentences.append(f"Each process may take {_amount(size)} of memory (ulimit -{flag}).")
    if (size := _hard("FSIZE")) is not None:
        sentences.append(f"A file may have {_amount(size)} (ulimit -f).")
    if (files := _hard("NOFILE")) is not None and files < _FEW_FILES:
        sentences.append(f"Each process may have {files} files open (ulimit -n).")
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    if nice > 0:
        sentences.append(f"Other programs go first (nice {nice}).")
    if sys.platform == "linux":
        usable, all_of_them = len(os.sched_getaffinity(0)), os.cpu_count() or 1
        if usable < all_of_them:
            sentences.append(f"Only {usable} of {all_of_them} processors may be used.")
    return sentences


def _hard(name: str) -> int | None:
    """Return the hard limit ``RLIMIT_name``; None if there is none."""
    if sys.platform == "win32":
        return None
    import resource

    number = getattr(resource, f"RLIMIT_{name}", None)
    limit = resource.RLIM_INFINITY if number is None else resource.getrlimit(number)[1]
    return None if limit == resource.RLIM_INFINITY else limit


def _amount(size: int) -> str:
    return f"{size // 2**20} MB" if size >= 2**20 else f"{size // 2**10} kB"
