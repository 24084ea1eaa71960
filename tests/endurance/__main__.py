"""Writes the page of figures: ``python -m tests.endurance`` (ten minutes on two cores)."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from nst_server.bench.machine import machine, versions
from tests.endurance import crowds, first_iterates, kills, malformed, many_jobs, pauses
from tests.endurance.trial import FULL, SHARE, Extent, Section

PAGE = Path(__file__).parents[1] / "ENDURANCE.md"
TRIALS: dict[str, Callable[[Extent, Path], Section]] = {
    "kills": kills.trial,
    "pauses": pauses.trial,
    "malformed": malformed.trial,
    "clients": crowds.many_clients,
    "commands": crowds.many_commands,
    "jobs": many_jobs.trial,
    "starts": first_iterates.trial,
}
_INTRODUCTION = """\
# Endurance

    python -m tests.endurance

What becomes of jobs when processes are killed, stopped, flooded and many: figures of one run of
the command above, which writes this page. Servers, sockets and commands are real; so is the worker,
with TensorFlow, unless a section says otherwise. A draft is one of 64 pixels. A small share of each
trial is a test (`tests/endurance/test_endurance.py`), which asserts the same but no time.
"""


def try_out(name: str, extent: Extent) -> Section:
    """The figures of one trial."""
    with tempfile.TemporaryDirectory(prefix="nst-endurance-") as folder:
        return TRIALS[name](extent, Path(folder))


def origin(minutes: float) -> str:
    """Machine, versions and day of the figures."""
    here, installed = machine(), versions()
    return (
        f"{here['processor']}, {here['cores']} cores; {here['system']}; "
        f"Python {installed['python']}, TensorFlow {installed['tensorflow']}, "
        f"nst {installed['nst']}; {date.today()}; {minutes:.0f} minutes.\n"
    )


def main() -> int:
    """Run all trials and write the page; exit code 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance")
    parser.add_argument(
        "trials", nargs="*", metavar="TRIAL", help=f"only these: {', '.join(TRIALS)}"
    )
    parser.add_argument("--share", action="store_true", help="only as much as the tests do")
    arguments = parser.parse_args()
    begun = time.monotonic()
    sections = []
    for name in arguments.trials or TRIALS:
        print(name, file=sys.stderr, flush=True)
        sections.append(try_out(name, SHARE if arguments.share else FULL))
        print(sections[-1].markdown(), flush=True)
    if not arguments.trials and not arguments.share:
        minutes = (time.monotonic() - begun) / 60
        parts = [_INTRODUCTION, origin(minutes), *(section.markdown() for section in sections)]
        PAGE.write_text("\n".join(parts), encoding="utf-8")
    return 1 if any(section.wrong for section in sections) else 0


if __name__ == "__main__":
    raise SystemExit(main())
