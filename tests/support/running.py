"""Running the command as people do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

NST = (sys.executable, "-m", "nst_server")
QUICK = ("--preset", "draft", "--iterations", 2, "--size", 96)


def nst(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NST, *map(str, arguments)],
        env={**os.environ, "NST_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )


def interrupted(home: Path, *arguments: object) -> tuple[list[dict[str, Any]], int, str]:
    """Interrupt ``nst`` at its first line of JSON; returns all lines, exit code and errors."""
    painting = subprocess.Popen(
        [*NST, *map(str, arguments)],
        env={**os.environ, "NST_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert painting.stdout is not None
    first = painting.stdout.readline()
    painting.send_signal(signal.SIGINT)
    rest, errors = painting.communicate(timeout=30)
    lines = [json.loads(line) for line in (first, *rest.splitlines())]
    return lines, painting.returncode, errors


def stylize(home: Path, files: Path, *flags: object) -> subprocess.CompletedProcess[str]:
    content, style, output = files / "content.png", files / "style.png", files / "out.png"
    output.unlink(missing_ok=True)
    return nst(home, "stylize", content, "--style", style, "-o", output, *QUICK, *flags)
