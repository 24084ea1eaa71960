"""Which of the user's pip settings count: how packages are reached, not what is done with them."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_KEPT = {
    *("index-url", "extra-index-url", "find-links", "trusted-host"),
    *("proxy", "cert", "client-cert", "keyring-provider"),
    *("cache-dir", "no-cache-dir", "timeout", "retries", "resume-retries"),
}
"""Settings of the user that stay. All else is in the lock and in our commands: a user, prefix,
target or constraint, say, would put other packages or put them elsewhere."""


def environment(python: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """``inherited`` with the pip settings that count as variables, and without configuration files.

    ``python`` is an interpreter that has pip.
    """
    others = {name: value for name, value in inherited.items() if not name.startswith("PIP_")}
    return {**others, **dict(_kept(python)), "PIP_CONFIG_FILE": os.devnull}


@lru_cache(maxsize=4)
def _kept(python: Path) -> tuple[tuple[str, str], ...]:
    listed = subprocess.run(
        [python, "-m", "pip", "config", "list"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    if listed.returncode != 0:  # a configuration file is broken; variables still count
        told = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        return tuple((name, value) for name, value in told.items() if _setting(name) in _KEPT)
    return tuple(kept(listed.stdout).items())


def kept(listing: str) -> dict[str, str]:
    """Variables for the settings that count in the output of ``pip config list``.

    Those for one command win over global ones, and variables over both, as in pip.
    """
    found: dict[tuple[int, str], str] = {}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        section, _, setting = name.rpartition(".")
        rank = {"global": 0, "install": 1, "download": 1, ":env:": 2}.get(section)
        if rank is not None and setting in _KEPT:
            found[rank, setting] = " ".join(str(ast.literal_eval(value)).split())
    return {
        f"PIP_{setting.upper().replace('-', '_')}": value
        for (_, setting), value in sorted(found.items())
    }


def _setting(variable: str) -> str:
    return variable.removeprefix("PIP_").lower().replace("_", "-")
