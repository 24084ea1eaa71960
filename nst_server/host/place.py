"""The place in which an address on 127.0.0.1 means something: a machine, its boot, its network."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_UNKNOWN = "0" * 8
_NAME = re.compile(r"([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{8})")


@dataclass(frozen=True)
class Place:
    """Eight digits of a digest for each fact; zeros for one that this system does not tell."""

    machine: str
    boot: str
    network: str
    """The network namespace, of which a sandbox or a container may have its own."""

    @property
    def name(self) -> str:
        """Name of the folder in which a server of this place has its files."""
        return f"{self.machine}-{self.boot}-{self.network}"

    @classmethod
    def named(cls, name: str) -> Place | None:
        """The place with that `name`; None if it is none."""
        match = _NAME.fullmatch(name)
        return None if match is None else cls(*match.groups())

    def sees_locks_of(self, other: Place) -> bool:
        """True if a server of ``other`` that lives would be noticed here by its lock.

        One system's locks are seen in all its networks, and those of its earlier boots are gone.
        """
        return any(
            here == there != _UNKNOWN
            for here, there in ((self.machine, other.machine), (self.boot, other.boot))
        )


@cache
def this_place() -> Place:
    """The place of this process."""
    return Place(_digest(_machine()), _digest(_boot()), _digest(_network()))


def _digest(fact: str) -> str:
    # Not the fact itself: systemd asks that a machine's id be told to nobody.
    return hashlib.sha256(fact.encode()).hexdigest()[:8] if fact else _UNKNOWN


if sys.platform == "win32":
    import winreg

    def _machine() -> str:
        with (
            suppress(OSError),
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key,
        ):
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        return ""

    def _boot() -> str:
        return ""

    def _network() -> str:
        return ""

elif sys.platform == "darwin":
    import ctypes

    def _machine() -> str:
        return ""  # each boot has a name that no other machine gives

    def _boot() -> str:
        with suppress(OSError, AttributeError):
            value = ctypes.create_string_buffer(64)
            size = ctypes.c_size_t(len(value))
            system = ctypes.CDLL(None)
            if (
                system.sysctlbyname(b"kern.bootsessionuuid", value, ctypes.byref(size), None, 0)
                == 0
            ):
                return value.value.decode("ascii", "replace")
        return ""

    def _network() -> str:
        return ""

else:

    def _machine() -> str:
        return next(_texts("/etc/machine-id", "/var/lib/dbus/machine-id"), "")

    def _boot() -> str:
        return next(_texts("/proc/sys/kernel/random/boot_id"), "")

    def _network() -> str:
        with suppress(OSError):
            return str(Path("/proc/self/ns/net").readlink())
        return ""

    def _texts(*paths: str) -> Iterator[str]:
        """The contents of those files that can be read and are not empty."""
        for path in paths:
            with suppress(OSError):
                if text := Path(path).read_text(encoding="ascii", errors="replace").strip():
                    yield text
