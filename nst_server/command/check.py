"""Result of one of the doctor's checks."""

from __future__ import annotations

from dataclasses import dataclass

INSTALL_AGAIN = "Run install/install.py again."


@dataclass(frozen=True)
class Check:
    """Result of one check."""

    name: str
    ok: bool
    sentence: str
    remedy: str = ""
    """Advice to the user; empty if ``ok`` and nothing could be better."""
