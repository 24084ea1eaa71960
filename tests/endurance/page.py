"""The page of figures, of which each section may be of a run of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from nst_server.bench.machine import machine, versions

PAGE = Path(__file__).parents[1] / "ENDURANCE.md"
_INTRODUCTION = """\
# Endurance

    python -m tests.endurance

What becomes of jobs when processes are killed, stopped, flooded and many: figures of the command
above, which writes this page; with names of trials it writes their sections only. Servers, sockets
and commands are real; so is the worker, with TensorFlow, unless a section says otherwise. A draft
is one of 64 pixels. A small share of each trial is a test (`tests/endurance/test_endurance.py`),
which asserts the same but no time.
"""
_HEADING = "\n## "


def origin(seconds: float) -> str:
    """Machine, versions and day of a section's figures, and how busy the machine was."""
    here, installed = machine(), versions()
    load = "" if here["load"] is None else f", load {here['load']:.1f} at the end"
    return (
        f"{here['processor']}, {here['cores']} cores{load}; {here['system']}; "
        f"Python {installed['python']}, TensorFlow {installed['tensorflow']}, "
        f"nst {installed['nst']}; {date.today()}, {seconds:.0f} s."
    )


def write(path: Path, names: Iterable[str], name: str, section: str) -> None:
    """Put the section of that name into the page, whose sections have the order of ``names``."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    parts = (part.partition("\n") for part in text.split(_HEADING)[1:])
    sections = {heading: rest.strip() for heading, _, rest in parts}
    sections[name.capitalize()] = section
    headings = [known for known in map(str.capitalize, names) if known in sections]
    page = "".join(f"{_HEADING}{heading}\n\n{sections[heading]}\n" for heading in headings)
    path.write_text(_INTRODUCTION + page, encoding="utf-8")
