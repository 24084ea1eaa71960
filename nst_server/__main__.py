"""``nst``, and ``python -m nst_server``: an interruption is told in one line from the beginning."""

from __future__ import annotations

import sys


def run() -> int:
    """Run ``nst`` and return its exit code."""
    try:
        from nst_server.command.main import main

        return main()
    except KeyboardInterrupt:  # while modules are imported; later main tells it
        print("nst: Interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(run())
