"""The choice of when whole steps are compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast, get_args

Compilation = Literal["always", "auto", "never"]
"""``auto`` is while painting, where compiled steps are faster; ``always`` is before painting."""

VARIABLE = "NST_COMPILE"


def chosen(environment: Mapping[str, str]) -> Compilation:
    """Return the choice in ``NST_COMPILE``; ``auto`` if there is none."""
    choice = environment.get(VARIABLE, "auto")
    return cast(Compilation, choice) if choice in get_args(Compilation) else "auto"
