"""Writes the page of figures: ``python -m tests.endurance``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.endurance import crowds, first_iterates, kills, malformed, many_jobs, pauses
from tests.endurance.page import PAGE, origin, write
from tests.endurance.trial import FULL, SHARE, Extent, Section

TRIALS: dict[str, Callable[[Extent, Path], Section]] = {
    "kills": kills.trial,
    "pauses": pauses.trial,
    "messages": malformed.trial,
    "clients": crowds.many_clients,
    "commands": crowds.many_commands,
    "jobs": many_jobs.trial,
    "starts": first_iterates.trial,
}


def try_out(name: str, extent: Extent) -> Section:
    """The figures of one trial."""
    with tempfile.TemporaryDirectory(prefix="nst-endurance-") as folder:
        return TRIALS[name](extent, Path(folder))


def main() -> int:
    """Run trials and write their sections of the page; exit code 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance")
    parser.add_argument(
        "trials", nargs="*", metavar="TRIAL", help=f"only these: {', '.join(TRIALS)}"
    )
    parser.add_argument("--share", action="store_true", help="only as much as the tests do")
    arguments = parser.parse_args()
    wrong = 0
    for name in arguments.trials or TRIALS:
        print(name, file=sys.stderr, flush=True)
        begun = time.monotonic()
        section = try_out(name, SHARE if arguments.share else FULL)
        wrong += len(section.wrong)
        text = f"{section.markdown()}\n\n{origin(time.monotonic() - begun)}"
        print(text, flush=True)
        if not arguments.share:
            write(PAGE, TRIALS, name, text)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
